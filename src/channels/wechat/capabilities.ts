import type { ChannelCapabilities } from '#src/ports/channel.ts'
import type { WechatOaConfig } from './config.ts'

const MEBIBYTE = 1024 * 1024

/** What a 公众号 can send and how often; vendor pages "发送客服消息" and "新增临时素材", read 2026-09. */
export function capabilities(config: WechatOaConfig): ChannelCapabilities {
  return {
    send: {
      text: { maxBytes: config.textMaxBytes },
      image: { maxBytes: config.imageMaxBytes },
      voice: { maxBytes: 2 * MEBIBYTE },
      video: { maxBytes: 10 * MEBIBYTE },
      link: { maxBytes: 2048 },
      miniprogram: { maxBytes: 2048 },
      menu: { maxBytes: 2048 },
    },
    mediaTypes: {
      image: ['image/png', 'image/jpeg', 'image/gif'],
      voice: ['audio/amr', 'audio/mpeg'],
      video: ['video/mp4'],
    },
    quota: config.quota,
    idempotent: false,
    typing: config.typing,
    retryWindowMs: { from: config.newIdRetry.fromMs, to: config.newIdRetry.toMs },
    sendsPerSecond: config.sendsPerSecond,
  }
}
