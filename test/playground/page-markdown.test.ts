import { describe, expect, it } from 'vitest'
import { html, join } from '#src/playground/page/html.ts'
import { DINGTALK, markdown, WECOM } from '#src/playground/page/markdown.ts'

const ding = (text: string) => markdown(text, DINGTALK).toString()
const wecom = (text: string) => markdown(text, WECOM).toString()

describe('a template of the page', () => {
  it('escapes text, and leaves what is HTML already', () => {
    const inner = html`<b>${'<i>'}</b>`
    expect(html`<p title="${'"'}">${inner}${[1, false, undefined]}</p>`.toString()).toBe(
      '<p title="&quot;"><b>&lt;i&gt;</b>1</p>',
    )
    expect(join(['<', inner]).toString()).toBe('&lt;<b>&lt;i&gt;</b>')
  })
})

describe('Markdown on the page', () => {
  it('draws headings, quotes, lists, rules, bold, code and links', () => {
    expect(wecom('# 标题')).toBe('<p class="h1">标题</p>')
    expect(wecom('> 一\n> 二')).toBe('<blockquote>一<br />二</blockquote>')
    expect(wecom('- 甲\n2. 乙')).toBe(
      '<p class="item"><span>•</span> 甲</p><p class="item"><span>2.</span> 乙</p>',
    )
    expect(wecom('---')).toBe('<hr />')
    expect(wecom('**粗** `**码**`')).toBe('<p><b>粗</b> <code>**码**</code></p>')
    expect(wecom('[看](https://a.example/x)')).toContain('href="https://a.example/x"')
  })

  it('breaks lines as each client does', () => {
    expect(wecom('一\n二')).toBe('<p>一<br />二</p>')
    expect(ding('一\n二')).toBe('<p>一 二</p>')
    expect(ding('一  \n  二')).toBe('<p>一<br />二</p>')
    expect(ding('一\n\n二')).toBe('<p>一</p><p>二</p>')
  })

  it('knows colours in WeCom and pictures in DingTalk only', () => {
    expect(wecom('<font color="warning">急</font>')).toBe('<p><span class="warning">急</span></p>')
    expect(ding('<font color="warning">急</font>')).toContain('&lt;font')
    expect(ding('![图](https://a.example/1.png)')).toContain('<img src="https://a.example/1.png"')
    expect(wecom('![图](https://a.example/1.png)')).not.toContain('<img')
  })

  it('takes what stands behind a backslash as it is', () => {
    expect(wecom(String.raw`\*\*不粗\*\* \#1`)).toBe('<p>**不粗** #1</p>')
  })

  it.each([
    '<img src=x onerror=alert(1)>',
    '![a" onerror="alert(1)](https://a.example/1.png)',
    '![ [x"> ](https://a.example/onerror=alert(1)) ](https://b.example)',
    '[x](https://a.example/"onmouseover="alert(1))',
    '[x](javascript:alert(1))',
    '**<b onclick=alert(1)>**',
    '<font color="info" onclick="alert(1)">x</font>',
    '[<font color="info">](https://a.example/<font color="info">x</font>)',
  ])('makes no markup out of %s', (text) => {
    for (const drawn of [ding(text), wecom(text)]) {
      const tags = drawn.match(/<[^>]*>/g) ?? []
      for (const tag of tags) expect(tag).toMatch(SAFE_TAG)
      expect(drawn).not.toContain('javascript:alert(1)"')
    }
  })
})

/** The tags that Markdown may become, each with exactly the attributes that it may have. */
const SAFE_TAG =
  /^<\/?(?:p|b|i|br|code|blockquote|span)(?: class="(?:h[1-6]|item|info|comment|warning)")?(?: \/)?>$|^<\/a\s*>$|^<a href="https?:[^"<>]*" target="_blank" rel="noreferrer"\s*>$|^<img src="https?:[^"<>]*" alt="[^"<>]*" \/>$/
