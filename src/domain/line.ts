/** One numbered line of a thread. Texts are plain; the adapter escapes. */
export interface Line {
  /** With brackets and number: 〔#7KQ8H2·7〕. Always drawn unescaped, first. */
  marker: string
  /** Who says it, e.g. 客户-7F3A · 旗舰店, or 张三; empty for a note of ours. */
  who: string
  from: 'customer' | 'agent' | 'note'
  text: string
}
