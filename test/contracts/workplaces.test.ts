import { describeWorkplace } from './workplace.ts'
import { openDingtalk } from './workplace/dingtalk.ts'
import { openWecom } from './workplace/wecom.ts'

describeWorkplace('DingTalk', openDingtalk)
describeWorkplace('WeCom', openWecom)
