namespace Appliance.Daemon.Terminal;

/// <summary>What the actions' page offers, in its order.</summary>
internal enum ConsoleAction
{
    FansFull,
    FansAt,
    Automatic,
    AcknowledgeAll,
    Reset,
    LocateOn,
    LocateOff,
    ServiceFan,
    ServiceDrain,
    ServiceFilled,
    Commission,
    Bundle,
    NetworkSet,
    NetworkConfirm,
    Certificates,
    CertificatesRenew,
    Models,
    ModelUse,
    ModelRestart,
    Backup,
    Restore,
    Reboot,
    PowerOff,
}
