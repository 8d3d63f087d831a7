/** How callbacks reach the account's server: 明文, 兼容 or 安全模式. */
export type CallbackMode = 'plain' | 'compatible' | 'safe'
export type CallbackFormat = 'xml' | 'json'

/** What the owner of one 公众号 has set in 公众平台, plus where its callbacks go. */
export interface AccountOptions {
  appid: string
  secret: string
  token: string
  encodingAesKey: string
  /** Default `safe`. */
  mode?: CallbackMode
  /** Default `xml`. */
  format?: CallbackFormat
  /** `gh_…`; made up when left out. */
  originalId?: string
  /** What the phones show above the talk. */
  name?: string
  /** The product's address for this account; may be set later. Nothing is sent while it is missing. */
  callbackUrl?: string
}

/** One piece of what a phone shows. Media are looked up by id in the account's library. */
export type PhoneContent =
  | { kind: 'text'; text: string }
  | { kind: 'image' | 'voice' | 'shortvideo' | 'file'; mediaId: string }
  | { kind: 'video'; mediaId: string; title?: string; description?: string }
  | { kind: 'location'; latitude: number; longitude: number; label: string }
  | { kind: 'link'; title: string; description: string; url: string }
  | { kind: 'news'; articles: Article[] }
  | { kind: 'music'; title: string; description: string; url: string }
  | { kind: 'menu'; head: string; items: { id: string; text: string }[]; tail: string }
  | { kind: 'miniprogram'; title: string; appId: string; path: string; thumbMediaId: string }
  /** mpnews, mpnewsarticle, wxcard: content that lies on the platform. */
  | { kind: 'stored'; type: string; ref: string }
  /** Something the customer did that is no message: subscribe, CLICK, … */
  | { kind: 'event'; event: string; key: string }
  /** The grey line of the platform itself. */
  | { kind: 'tip'; text: string }
  /** A message of a kind that the phone only knows the name of. */
  | { kind: 'other'; type: string }

export interface Article {
  title: string
  description: string
  url: string
  picture: string
}

/** One line of the talk as the phone shows it. */
export interface PhoneLine {
  /** Grows over all phones of the stand-in. */
  id: number
  atMs: number
  side: 'customer' | 'account' | 'platform'
  /** How it came. A `passive` line is the answer to a callback. */
  via: 'phone' | 'passive' | 'custom/send' | 'platform'
  content: PhoneContent
  /** Of the customer's messages; events have none. */
  msgId?: string
  /** The agent account whose name and head the phone shows instead of the account's. */
  kfAccount?: string
}

/** One try to hand a callback over. */
export interface Attempt {
  atMs: number
  tookMs: number
  /** Missing when no answer came. */
  status?: number
  failure?: 'time-out' | 'connection' | 'status' | 'malformed'
}

/** What became of one callback, with all its retries. */
export interface Delivery {
  accepted: boolean
  msgId?: string
  attempts: Attempt[]
  /** The passive reply, if the answer held one. */
  reply?: PhoneContent
}

/** What a page redraws. */
export type WechatChange =
  | { kind: 'line'; appid: string; openid: string; line: PhoneLine }
  | { kind: 'typing'; appid: string; openid: string; untilMs: number }
  | { kind: 'phone'; appid: string; openid: string }

/** What lets an account answer: the customer wrote, tapped the menu, followed, scanned. */
export type Trigger = 'message' | 'menu' | 'subscribe' | 'scan'

export interface QuotaRule {
  windowMs: number
  max: number
}
