using Appliance.Model;
using Appliance.Rights;

namespace FastTests.Rights;

public sealed class LoginTests
{
    [Fact]
    public void A_right_password_with_a_group_is_a_role_and_everything_else_looks_alike()
    {
        var server = new LoginServer(
            (name, password) => password == "right" ? null : "Authentication failure",
            name => name == "ann" ? Role.Admin : name == "vera" ? Role.Viewer : Role.None);
        Assert.Equal("admin", server.Judge("ann\nright\n").Word);
        Assert.Equal("viewer", server.Judge("vera\nright\n").Word);
        foreach (var request in (string[])["ann\nwrong\n", "nora\nright\n", "ann\nright", "ann\n\n", "\nright\n", "ann\nright\nx\n", "", "a\tb\nright\n", new string('a', 65) + "\nright\n"])
            Assert.Equal("no", server.Judge(request).Word);
        Assert.DoesNotContain("wrong", server.Judge("ann\nwrong\n").Log, StringComparison.Ordinal);
        Assert.Contains("appliance-viewer", server.Judge("nora\nright\n").Log, StringComparison.Ordinal);
    }

    [Fact]
    public void The_machines_own_PAM_is_asked_with_the_password_and_believed()
    {
        const string module = "/lib/x86_64-linux-gnu/security/pam_exec.so";
        Assert.SkipUnless(File.Exists(module) && File.Exists("/lib/x86_64-linux-gnu/libpam.so.0"), "libpam-modules is not installed");
        var folder = Directory.CreateTempSubdirectory("pam-").FullName;
        try
        {
            var script = Path.Combine(folder, "check");
            File.WriteAllText(script, "#!/bin/sh\nread -r password\n[ \"$PAM_USER\" = root ] && [ \"$password\" = 'Kupfer Laterne: 7' ]\n");
            File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            File.WriteAllText(Path.Combine(folder, "appliance"), $"auth required {module} expose_authtok quiet {script}\naccount required pam_permit.so\n");
            File.WriteAllText(Path.Combine(folder, "closed"), "auth required pam_permit.so\naccount required pam_deny.so\n");
            Assert.Null(PamInterop.Refusal(LoginServer.Service, "root", "Kupfer Laterne: 7", folder));
            Assert.NotNull(PamInterop.Refusal(LoginServer.Service, "root", "Kupfer Laterne: 8", folder));
            Assert.NotNull(PamInterop.Refusal(LoginServer.Service, "daemon", "Kupfer Laterne: 7", folder));
            Assert.NotNull(PamInterop.Refusal("closed", "root", "x", folder));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
