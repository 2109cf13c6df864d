using Appliance.Daemon.Cli;

return CommandLine.Run(args, TimeProvider.System);
