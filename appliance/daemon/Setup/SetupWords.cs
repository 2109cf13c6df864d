namespace Appliance.Daemon.Setup;

/// <summary>What setup says to a person, in the language chosen first.</summary>
internal sealed record SetupWords
{
    public required string Title { get; init; }

    public required string Node { get; init; }

    public required string Network { get; init; }

    public required string NetworkHelp { get; init; }

    public required string Time { get; init; }

    public required string Administrator { get; init; }

    public required string Password { get; init; }

    public required string Again { get; init; }

    public required string NotTheSame { get; init; }

    public required string Confirm { get; init; }

    public required string Nothing { get; init; }

    public required string Working { get; init; }

    public required string Key { get; init; }

    public required string Done { get; init; }

    public required string Claimed { get; init; }

    public static SetupWords English { get; } = new()
    {
        Title = "This box belongs to nobody yet. Enter takes what stands in [brackets].",
        Node = "Name of the box",
        Network = "Network: Enter keeps it, or INTERFACE dhcp, or INTERFACE ADDRESS/PREFIX [GATEWAY [DNS...]]",
        NetworkHelp = "right would be: enp1s0 dhcp, or enp1s0 10.1.2.3/24 10.1.2.1 10.1.2.53",
        Time = "Time servers, with blanks between (Enter keeps them)",
        Administrator = "Name of the administrator",
        Password = "Password (12 or more; 3 of: small, capital, digit, sign)",
        Again = "The same again",
        NotTheSame = "the two are not the same.",
        Confirm = "Claim the box now? Enter does, n does not",
        Nothing = "Nothing was changed.",
        Working = "Working",
        Key = "Key for the inference API (shown only now; write it down):",
        Done = "The box is yours. Log in as {0}; https://{1}:8080/v1 answers with the key.",
        Claimed = "This box was claimed by {0} on {1}; appliance setup --again does it anew.",
    };

    public static SetupWords Chinese { get; } = new()
    {
        Title = "这台机器还没有主人。直接回车采用 [方括号] 中的值。",
        Node = "机器名称",
        Network = "网络：回车保持不变，或 接口名 dhcp，或 接口名 地址/前缀 [网关 [DNS…]]",
        NetworkHelp = "例如：enp1s0 dhcp，或 enp1s0 10.1.2.3/24 10.1.2.1 10.1.2.53",
        Time = "时间服务器，用空格分开（回车保持不变）",
        Administrator = "管理员用户名",
        Password = "密码（至少 12 位；小写、大写、数字、符号至少三种）",
        Again = "再输入一次",
        NotTheSame = "两次输入不一致。",
        Confirm = "现在认领这台机器？回车确认，n 取消",
        Nothing = "没有做任何更改。",
        Working = "正在设置",
        Key = "推理 API 密钥（只显示这一次，请记下）：",
        Done = "机器已归您所有。请以 {0} 登录；https://{1}:8080/v1 凭密钥应答。",
        Claimed = "这台机器已由 {0} 于 {1} 认领；appliance setup --again 可重新设置。",
    };
}
