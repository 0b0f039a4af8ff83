package chatter

const (
	english = `I you the to a it that is in and of what we for my on are this have do me not be just with so but was can if your all
		know get like now out no up go how at one will there think good about here see come they want he got as time don't from good she going
		back when okay yes really well then need tell over an did more let today love take look right where who too why should something
		say little down some been give would us her home make tomorrow morning please work still before him sorry thing maybe never call
		again people feel help night last very great any thanks off wait much long sure after way week big only other year first
		around two place every put old better even same into find another hope show meeting dinner photo train ticket money phone
		always mean friend together game house school happy birthday weekend late early fine already forgot half done leave start
		stop hear talk soon minute hour station office weather rain cold warm movie music song street market price buy send
		picture link answer question problem number address order ready waiting yesterday Monday Friday Sunday coffee lunch`
	chinese = `我 你 的 了 是 不 在 好 吗 有 就 这 那 他 她 我们 你们 什么 怎么 知道 可以 没有 一个 现在 今天 明天 昨天 时候 谢谢 因为 所以 但是 如果
		还是 已经 觉得 喜欢 想 要 去 来 看 说 听 吃 做 给 让 跟 和 也 都 很 太 再 先 才 又 吧 呢 啊 哈哈 哦 嗯 对 真的 当然 可能 应该 大家 朋友 老师 学校 公司
		工作 上班 下班 开会 吃饭 晚上 早上 中午 下午 周末 电影 音乐 游戏 照片 视频 电话 手机 地址 车站 火车 飞机 票 钱 多少 便宜 问题 回答 发 收到 等一下 马上 快 慢
		冷 热 下雨 天气 生日 快乐 新年 红包 恭喜 辛苦 加油 明白 没关系 对不起 再见 晚安 早安 帮忙 麻烦 需要 东西 地方 时间 一起 自己 别人 孩子 妈妈 爸爸
		家 房子 咖啡 茶 水果 米饭 面条 火锅 商店 超市 医院 药 身体 健康 休息 睡觉 起床 跑步 学习 考试 作业 书 故事 新闻 世界 中国 城市 北京 上海 深圳`
)
