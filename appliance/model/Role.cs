namespace Appliance.Model;

/// <summary>What a person may do on a box; each role may also do what the ones before it may. <c>default</c> may do nothing.</summary>
public enum Role
{
    None,
    Viewer,
    Operator,
    Admin,
}
