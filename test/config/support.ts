import { readFileSync } from 'node:fs'
import { parse } from 'yaml'

/** Environment that the example asks for. */
export const exampleEnv = {
  WECHAT_APP_SECRET: 'wechat-app-secret',
  WECHAT_TOKEN: 'wechattoken',
  WECHAT_AES_KEY: 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG',
  WECHAT_OLD_AES_KEY: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789abcdefg',
  DINGTALK_CLIENT_SECRET: 'dingtalk-client-secret',
  WECOM_BOT_SECRET: 'wecom-bot-secret',
}

export const EXAMPLE = new URL('../../config/example.yaml', import.meta.url).pathname

export const exampleText = (): string => readFileSync(EXAMPLE, 'utf8')

/** The example with its optional keys switched on: `#key:` without a blank, and what is indented under it. */
export const wholeExampleText = (): string =>
  exampleText().replaceAll(/^(\s*)#(?=[a-zA-Z]+:| {2})/gm, '$1')

/** A YAML file's content as plain values. */
export const plainYaml = (text: string): unknown => parse(text)

/** The least that makes a configuration. */
export const least = {
  desks: { main: { name: '一组', accounts: ['shop'] } },
  accounts: {
    shop: {
      channel: 'wechat-oa',
      name: '店',
      appId: 'wx0123456789abcdef',
      appSecret: 'very-secret-value',
      token: 'tokenvalue',
      encodingAesKey: exampleEnv.WECHAT_AES_KEY,
    },
  },
  workplaces: {
    wecom: { kind: 'wecom', botId: 'b', secret: 'other-secret-value', botName: '助手' },
  },
}
