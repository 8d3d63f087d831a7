import { randomInt } from 'node:crypto'
import type { z } from 'zod'
import type { configSchema } from '#config/schema.ts'
import { conversationTemplate } from '#src/workplaces/dingtalk/template/template.ts'
import { type DingtalkOptions, startDingtalk } from './dingtalk/index.ts'
import { startWechat, type WechatOptions } from './wechat/index.ts'
import { startWecom, type WecomOptions } from './wecom/index.ts'
import type { World } from './world.ts'

export interface SeedOptions {
  now?: () => number
  random?: () => number
  /** Names of the customers who follow the account already; default 小林, 阿梅. */
  customers?: readonly string[]
  /** False: the stand-ins hold no limit on calls and messages; for benchmarks. Default true. */
  limits?: boolean
  wechat?: Partial<WechatOptions>
  dingtalk?: DingtalkOptions
  wecom?: WecomOptions
}

/** What the product must be told to work against this world: a part of its configuration file. */
export type SeedConfig = Pick<
  z.input<typeof configSchema>,
  'desks' | 'accounts' | 'workplaces' | 'agents'
>

/** One shop with its customers, one team with a group in each workplace, and the matching configuration. */
export interface SeededWorld extends World {
  config: SeedConfig
  /** Ids of the two groups, not bound yet. */
  groups: { dingtalk: string; wecom: string }
  /** Who can type in them, e.g. a code that binds. */
  members: { dingtalk: readonly string[]; wecom: readonly string[] }
  appid: string
  /** Enters the product's address in 公众平台, so that callbacks go there. */
  setProductUrl(url: string): void
  stop(): Promise<void>
}

// Ids stay the same from one start to the next, so that a kept data folder goes on fitting; secrets do not.
const APPID = 'wxjieliplayground1'
const ACCOUNT = 'shop'
const CLIENT_ID = 'dingjieliplayground'
const TEMPLATE_ID = 'jieli-conversation.schema'
const DING_GROUP = 'cidJieliPlayground=='
const WECOM_GROUP = 'wrJieliPlaygroundGroup'
const BOT_ID = 'aibJieliPlayground'

const DING_MEMBERS = [
  { userId: 'zhangsan', name: '张三' },
  { userId: 'lisi', name: '李四' },
]
const WECOM_MEMBERS = [
  { userid: 'wangwu', name: '王五' },
  { userid: 'zhaoliu', name: '赵六' },
]

/** Starts all stand-ins and fills them. */
export async function seedWorld(options: SeedOptions = {}): Promise<SeededWorld> {
  const clocked = {
    ...(options.now && { now: options.now }),
    ...(options.random && { random: options.random }),
  }
  const secrets = {
    wechat: secret(32),
    token: secret(24),
    aesKey: secret(43),
    ding: secret(64),
    wecom: secret(43),
  }
  const [wechat, dingtalk, wecom] = await Promise.all([
    seedWechat(secrets, options, clocked),
    seedDingtalk(secrets.ding, options, clocked),
    seedWecom(secrets.wecom, options, clocked),
  ])
  return {
    wechat,
    dingtalk,
    wecom,
    appid: APPID,
    groups: { dingtalk: DING_GROUP, wecom: WECOM_GROUP },
    members: {
      dingtalk: DING_MEMBERS.map(({ userId }) => userId),
      wecom: WECOM_MEMBERS.map(({ userid }) => userid),
    },
    config: {
      // WeCom tells the bot ids only: without this list its agents would be shown by those.
      agents: {
        list: WECOM_MEMBERS.map(({ userid, name }) => ({ name, ids: { wecom: userid } })),
      },
      desks: { service: { name: '客服组', accounts: [ACCOUNT] } },
      accounts: {
        [ACCOUNT]: {
          channel: 'wechat-oa',
          name: '旗舰店',
          appId: APPID,
          appSecret: secrets.wechat,
          token: secrets.token,
          encodingAesKey: secrets.aesKey,
          apiBase: wechat.url,
        },
      },
      workplaces: {
        dingtalk: {
          kind: 'dingtalk',
          clientId: CLIENT_ID,
          clientSecret: secrets.ding,
          cardTemplateId: TEMPLATE_ID,
          apiUrl: dingtalk.url,
          oapiUrl: dingtalk.url,
        },
        wecom: {
          kind: 'wecom',
          botId: BOT_ID,
          secret: secrets.wecom,
          botName: wecom.botName,
          url: wecom.url,
        },
      },
    },
    setProductUrl(url) {
      const base = url.replace(/\/+$/, '')
      wechat.account(APPID).callbackUrl = `${base}/hooks/${ACCOUNT}`
    },
    async stop() {
      await Promise.all([wechat.stop(), dingtalk.stop(), wecom.stop()])
    },
  }
}

type Clocked = Pick<SeedOptions, 'now' | 'random'>

async function seedWechat(
  secrets: { wechat: string; token: string; aesKey: string },
  { customers = ['小林', '阿梅'], wechat: more }: SeedOptions,
  { now }: Clocked,
): Promise<World['wechat']> {
  const account = {
    appid: APPID,
    secret: secrets.wechat,
    token: secrets.token,
    encodingAesKey: secrets.aesKey,
    originalId: 'gh_jieliplayground',
    name: '旗舰店',
  }
  const standIn = await startWechat({ accounts: [account], ...(now && { now }), ...more })
  customers.forEach((name, i) => {
    const openid = `oJieliPlaygroundCustomer${String(i + 1).padStart(4, '0')}`
    standIn.account(APPID).addPhone({ openid, name, remark: name })
  })
  return standIn
}

async function seedDingtalk(
  clientSecret: string,
  { limits = true, dingtalk: more }: SeedOptions,
  clocked: Clocked,
): Promise<World['dingtalk']> {
  const standIn = await startDingtalk({ ...clocked, ...(!limits && { qps: false }), ...more })
  standIn.addApp({ clientId: CLIENT_ID, clientSecret, name: '接力' })
  for (const person of DING_MEMBERS) standIn.addPerson(person)
  standIn.addTemplate({ id: TEMPLATE_ID, description: conversationTemplate })
  standIn.addGroup({
    title: '客服一群',
    openConversationId: DING_GROUP,
    members: DING_MEMBERS.map(({ userId }) => userId),
  })
  return standIn
}

async function seedWecom(
  secret: string,
  { limits = true, wecom: more }: SeedOptions,
  clocked: Clocked,
): Promise<World['wecom']> {
  const standIn = await startWecom({
    ...clocked,
    botId: BOT_ID,
    secret,
    botName: '接力助手',
    ...more,
    settings: { limits, ...more?.settings },
  })
  standIn.rooms.addGroup('客服二群', WECOM_MEMBERS, WECOM_GROUP)
  return standIn
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/** Letters and digits, as consoles hand them out. */
function secret(length: number): string {
  return Array.from({ length }, () => LETTERS[randomInt(LETTERS.length)]).join('')
}
