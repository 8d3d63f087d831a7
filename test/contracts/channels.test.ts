import { describeChannel } from './channel.ts'
import { openWechatOa } from './channel/wechat-oa.ts'

describeChannel('公众号', openWechatOa)
