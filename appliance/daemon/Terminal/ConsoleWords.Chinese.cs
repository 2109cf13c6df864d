using Appliance.Daemon.Cli;
using Appliance.Daemon.Commissioning;

namespace Appliance.Daemon.Terminal;

internal sealed partial record ConsoleWords
{
    public static ConsoleWords Chinese { get; } = new("zh")
    {
        Pages = ["冷却", "GPU", "告警", "互连", "网络", "模型", "事件", "操作"],
        Keys = "l en  r 重画  q 退出",
        Waiting = "正在等待控制面",
        SilentWord = "无应答",
        Up = "已运行 {0}",
        Old = "数值是 {0}前的",
        Well = "一切正常。",
        More = "另有 {0} 个告警：按 3",
        NoAlarm = "没有告警。",
        AlarmKeys = "上下键选择，a 确认",
        ActionKeys = "{0}/{1}  上下键选择，回车执行",
        Acknowledged = "已确认",
        NoEvents = "这里读不到事件日志：{0}",
        Actions =
        [
            "风扇和水泵手动全速一段时间", "风扇和水泵手动按指定占空比", "恢复自动冷却", "确认所有告警",
            "修复后解除漏液与停机锁定", "定位灯：闪烁 15 分钟", "定位灯：关闭",
            "维护：运行中更换风扇", "维护：排放冷却液（能否、步骤）", "维护：加注后检查回路",
            "投运：风扇对应、转速信号、各驱动的安全状态", "支持包",
            "网络：更改（确认前为试用）", "网络：确认更改", "证书：查看", "证书：重新生成",
            "模型：查看", "模型：切换", "模型：重新启动", "配置：备份", "配置：恢复", "重启", "关机",
        ],
        Asks = new Dictionary<ConsoleAction, string>
        {
            [ConsoleAction.FansAt] = "百分比，需要更短时再加分钟数（80 10）",
            [ConsoleAction.ServiceFan] = "哪个风扇（编号）",
            [ConsoleAction.Bundle] = "编号，或自己输入目录或文件（/...）",
        },
        Effects = new Dictionary<ConsoleAction, string>
        {
            [ConsoleAction.FansAt] = "不会低于散热所需；到时自动恢复。",
            [ConsoleAction.ServiceFan] = "所有风扇和水泵全速，直到完成、结束或手动时间用完。",
            [ConsoleAction.ServiceFilled] = "所有风扇和水泵全速半分钟。",
            [ConsoleAction.Commission] = "控制面停止几分钟：每次只降低一个转子，其余全速。",
            [ConsoleAction.ModelRestart] = "模型重新加载完之前不回答请求。",
            [ConsoleAction.ModelUse] = "模型加载完之前不回答请求。",
            [ConsoleAction.CertificatesRenew] = "使用证书的程序都会重新启动。",
            [ConsoleAction.Reboot] = "机器几分钟内不可用；风扇和水泵保持全速。",
            [ConsoleAction.PowerOff] = "机器停机，直到有人再次开机。",
        },
        AskKeys = "直接回车或 Esc：不执行",
        NoAnswer = "“{0}”不是有效的回答",
        Here = "（当前目录）",
        NetworkAsk = "接口名 dhcp，或 接口名 地址/前缀 [网关 [DNS…]]（回车取消）",
        ModelAsk = "模型名称（回车取消）",
        RestoreAsk = "文件（回车取消）",
        Return = "回车返回控制台",
        Confirm = "{0}？按 y 执行，其他键取消",
        Doing = "{0} …",
        WorkElsewhere = "{0}：进行中；8 查看，e 结束",
        WorkEnds = "e 立即结束   {0}",
        WorkCloses = "回车返回操作页   {0}",
        Outcomes = new Dictionary<ConsoleWorkView.End, string>
        {
            [ConsoleWorkView.End.Done] = "完成。",
            [ConsoleWorkView.End.ByHand] = "已手动结束。",
            [ConsoleWorkView.End.Failed] = "没有成功结束，见上文。",
        },
        GivenBack = "已手动结束，冷却恢复自动。",
        Page = PageWords.Chinese,
        Verdict = VerdictWords.Chinese,
        Service = ServiceWords.Chinese,
    };
}
