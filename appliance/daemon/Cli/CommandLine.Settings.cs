using System.CommandLine;
using Appliance.Daemon.Setup;

namespace Appliance.Daemon.Cli;

/// <summary>The words for what an administrator changes on a claimed box, and for finding it among others.</summary>
internal sealed partial class CommandLine
{
    private SettingsVerbs Settings(ParseResult parse) => new(SetupMachine.Real, OutputOf(parse), _time);

    private Command Network()
    {
        var network = new Command("network", "Links with their addresses, and which ports other machines reach.");
        network.SetAction(parse => PartVerbs.Network(OutputOf(parse)));

        var words = new Argument<string[]>("INTERFACE") { Description = "INTERFACE dhcp, or INTERFACE ADDRESS/PREFIX [GATEWAY [DNS...]]: enp1s0 10.1.2.3/24 10.1.2.1 10.1.2.53", Arity = ArgumentArity.OneOrMore };
        var within = new Option<int>("--within") { Description = "Seconds to confirm in; 120 without it.", DefaultValueFactory = _ => 120, HelpName = "SECONDS" };
        var set = new Command("set", "Change the address on trial: it goes back by itself unless it is confirmed. As root.") { words, within };
        set.SetAction(parse => Settings(parse).SetNetwork(parse.GetValue(words) ?? [], parse.GetValue(within)));
        var confirm = new Command("confirm", "Keep the change that is on trial. As root.");
        confirm.SetAction(parse => Settings(parse).ConfirmNetwork());
        var revert = new Command("revert", "Take the change that is on trial back now. As root.");
        revert.SetAction(parse => Settings(parse).RevertNetwork());
        foreach (var command in (Command[])[set, confirm, revert])
            network.Add(command);
        return network;
    }

    private Command Model()
    {
        var model = new Command("model", "The models on this box; the one that is served has a star.");
        model.SetAction(parse => Settings(parse).Models());
        var name = new Argument<string>("NAME") { Description = "As listed: a folder below /var/lib/appliance/models." };
        var use = new Command("use", "Serve another model: looked at first, then written down, then loaded. As root.") { name };
        use.SetAction(parse => Settings(parse).UseModel(parse.GetValue(name)!));
        var restart = new Command("restart", "Start the engine again with the model it has. As root.");
        restart.SetAction(parse => Settings(parse).RestartModel());
        model.Add(use);
        model.Add(restart);
        return model;
    }

    private Command Certificates()
    {
        var certificates = new Command("certificates", "Certificates of the box with their ends. Exits 0 well, 1 within a month of an end, 2 beyond it.");
        certificates.SetAction(parse => Settings(parse).Certificates());
        var authority = new Option<string[]>("--authority")
        {
            Description = "Certificate and key of an authority of your house, two PEM files; the key is not kept.",
            HelpName = "FILE",
            Arity = new(2, 2),
            AllowMultipleArgumentsPerToken = true,
        };
        var renew = new Command("renew", "Make all of them anew; everything that uses them starts again. As root.") { authority };
        renew.SetAction(parse => Settings(parse).RenewCertificates(parse.GetValue(authority) ?? []));
        certificates.Add(renew);
        return certificates;
    }

    private Command BackUp()
    {
        // As for dump: here the word says where.
        var place = new Option<string?>("--output") { Description = "A folder (a USB stick), a new file, or - for standard output; the current folder without it.", HelpName = "PLACE" };
        var keys = new Option<bool>("--keys") { Description = "Certificates and private keys too, sealed by a passphrase that is asked for." };
        var backup = new Command("backup", "Pack the box' configuration into one file. As root.") { place, keys };
        backup.SetAction(parse =>
        {
            var output = new Output(_output, _error, Screen.OfConsole(), parse.GetValue(_json));
            return NotRoot(output) ?? Backups(output).Make(parse.GetValue(place), parse.GetValue(keys));
        });
        return backup;
    }

    private Command PutBack()
    {
        var file = new Argument<string>("FILE") { Description = "What config backup made; - reads standard input." };
        var check = new Option<bool>("--check") { Description = "Say whether it is good and what it would change; change nothing." };
        var yes = new Option<bool>("--yes") { Description = "Do not ask." };
        var restore = new Command("restore", "Put a backup in the place of the configuration, all of it or nothing. As root.") { file, check, yes };
        restore.SetAction(parse => NotRoot(OutputOf(parse)) ?? Backups(OutputOf(parse)).Put(parse.GetValue(file)!, parse.GetValue(check), parse.GetValue(yes)));
        return restore;
    }

    private BackupVerbs Backups(Output output) => new(SetupMachine.Real, _input, () => SecretLine.Read(_input), output, _time);

    private static int? NotRoot(Output output) => Hardware.Accounts.IsRoot
        ? null
        : output.Fail(ExitCode.Failed, "the configuration and its keys are root's: sudo appliance config …");

    private Command Locate()
    {
        var how = new Argument<string>("on|off") { Description = "Off by itself after a while." };
        how.AcceptOnlyFromAmong("on", "off");
        var minutes = new Option<int>("--minutes") { Description = "How long it blinks; 15 without it.", DefaultValueFactory = _ => 15, HelpName = "N" };
        var locate = new Command("locate", "Blink the box' locate LED, so that it is found among others.") { how, minutes };
        locate.SetAction(parse => UntilStopped(stop => PartVerbs.LocateAsync(Box(parse), parse.GetValue(how) == "on", parse.GetValue(minutes), OutputOf(parse), stop)));
        return locate;
    }
}
