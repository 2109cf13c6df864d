using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace FastTests.Tidy;

/// <summary>The repository checks itself: what ARCHITECTURE.md, STYLE.md and README.md promise is what the tree holds.</summary>
public sealed partial class TidyTests
{
    private static readonly string[] LumberRooms =
        ["utils", "util", "helpers", "helper", "managers", "services", "common", "base", "misc", "lib"];

    [Fact]
    public void Projects_reference_only_what_the_table_in_ARCHITECTURE_allows()
    {
        var allowed = DependencyTable();
        var faults = new List<string>();
        foreach (var path in ProductProjects())
        {
            var name = Path.GetFileNameWithoutExtension(path);
            if (!allowed.TryGetValue(name, out var may))
            {
                faults.Add($"{path}: {name} has no row in ARCHITECTURE.md's table of projects.");
                continue;
            }
            faults.AddRange(References(path).Where(r => !may.Contains(r))
                .Select(r => $"{path}: references {r}; ARCHITECTURE.md allows {string.Join(", ", may)}."));
        }
        None(faults);
    }

    [Fact]
    public void Every_row_of_the_table_is_a_project_that_exists()
    {
        var projects = ProductProjects().Select(p => Path.GetFileNameWithoutExtension(p)).ToHashSet();
        None(DependencyTable().Keys.Where(name => !projects.Contains(name)));
    }

    [Fact]
    public void Pure_projects_use_no_clock_no_io_no_threads_and_no_package()
    {
        var faults = new List<string>();
        foreach (var folder in new[] { "appliance/model", "thermal", "appliance/health", "appliance/twin" })
        {
            var project = Repository.Files(".csproj").Single(p => Path.GetDirectoryName(p) == folder);
            if (Repository.Read(project).Contains("<PackageReference", StringComparison.Ordinal))
                faults.Add($"{project}: has a package; {folder} is pure.");
            foreach (var file in Repository.Files(".cs").Where(f => f.StartsWith(folder + "/", StringComparison.Ordinal)))
            {
                var code = WithoutComments(Repository.Read(file));
                foreach (Match match in Impure().Matches(code))
                    faults.Add($"{file}: uses {match.Value}; {folder} is pure.");
                if (folder != "appliance/model")
                {
                    foreach (Match match in Asynchronous().Matches(code))
                        faults.Add($"{file}: uses {match.Value.Trim()}; {folder} does not wait.");
                }
            }
        }
        None(faults);
    }

    [Fact]
    public void PInvoke_lives_only_in_Interop_files()
    {
        None(ProductSources()
            .Where(f => !f.EndsWith("Interop.cs", StringComparison.Ordinal))
            .Where(f => NativeCall().IsMatch(WithoutComments(Repository.Read(f)))));
    }

    [Fact]
    public void No_folder_is_a_lumber_room() =>
        None(Repository.Folders().SelectMany(d => d.Split('/')).Distinct().Where(d => LumberRooms.Contains(d.ToLowerInvariant())));

    [Fact]
    public void Every_TODO_names_an_issue_and_FIXME_does_not_land()
    {
        var faults = Repository.Files(".cs").Where(f => !f.StartsWith("tests/fast/tidy/", StringComparison.Ordinal))
            .SelectMany(f => File.ReadLines(Path.Combine(Repository.Root, f)).Select((line, i) => (f, i, line)))
            .Where(l => l.line.Contains("FIXME", StringComparison.Ordinal) || LooseTodo().IsMatch(l.line))
            .Select(l => $"{l.f}:{l.i + 1}: {l.line.Trim()}");
        None(faults);
    }

    [Fact]
    public void No_source_file_passes_600_lines() =>
        None(Repository.Files(".cs").Select(f => (f, lines: File.ReadLines(Path.Combine(Repository.Root, f)).Count()))
            .Where(l => l.lines > 600).Select(l => $"{l.f}: {l.lines} lines; cut it by subject."));

    [Fact]
    public void README_names_only_commands_that_exist()
    {
        var verbs = BuildVerbs();
        var readme = Repository.Read("README.md");
        var used = Command().Matches(readme).Select(m => m.Groups[1].Value).ToHashSet();
        Assert.Contains("run", used);
        Assert.Contains("test", used);
        None(used.Where(v => !verbs.Contains(v)).Select(v => $"README.md: ./build.sh {v} does not exist."));
    }

    [Fact]
    public void Links_between_documents_lead_somewhere()
    {
        var faults =
            from file in Repository.Files(".md")
            from Match link in Link().Matches(Repository.Read(file))
            let target = link.Groups[1].Value.Split('#')[0]
            where target.Length > 0 && !target.Contains("://", StringComparison.Ordinal) && !target.StartsWith("mailto:", StringComparison.Ordinal)
            where !Repository.Exists(Path.Combine(Path.GetDirectoryName(file)!, target))
            select $"{file}: {target} is not there.";
        None(faults);
    }

    [Fact]
    public void Every_package_has_a_pinned_version_and_every_project_a_lock_file()
    {
        var loose = XDocument.Parse(Repository.Read("Directory.Packages.props")).Descendants("PackageVersion")
            .Select(p => (string)p.Attribute("Version")!).Where(v => v.Contains('*') || v.Contains('['));
        None(loose);
        None(Repository.Files(".csproj").Where(p => !Repository.Exists(Path.Combine(Path.GetDirectoryName(p)!, "packages.lock.json"))));
    }

    [Fact]
    public void The_solution_holds_every_project()
    {
        var solution = Repository.Read("appliance.sln").Replace('\\', '/');
        None(Repository.Files(".csproj").Where(p => !solution.Contains($"\"{p}\"", StringComparison.Ordinal)));
    }

    [Fact]
    public void The_changelog_has_a_heading_for_the_version_being_built()
    {
        var version = XDocument.Parse(Repository.Read("Directory.Build.props")).Descendants("Version").Single().Value;
        Assert.Contains($"## {version}", Repository.Read("CHANGELOG.md"), StringComparison.Ordinal);
    }

    private static void None(IEnumerable<string> faults)
    {
        var all = string.Join('\n', faults);
        Assert.True(all.Length == 0, all);
    }

    private static IEnumerable<string> ProductProjects() =>
        Repository.Files(".csproj").Where(p => !p.StartsWith("tests/", StringComparison.Ordinal));

    private static IEnumerable<string> ProductSources() =>
        Repository.Files(".cs").Where(p => !p.StartsWith("tests/", StringComparison.Ordinal));

    private static IEnumerable<string> References(string project) =>
        XDocument.Parse(Repository.Read(project)).Descendants("ProjectReference")
            .Select(r => Path.GetFileNameWithoutExtension((string)r.Attribute("Include")!));

    /// <summary>Rows between the table's head "| project | may reference |" and the first line that is no row.</summary>
    private static Dictionary<string, string[]> DependencyTable() =>
        Repository.Read("ARCHITECTURE.md").Split('\n')
            .SkipWhile(l => !l.StartsWith("| project | may reference |", StringComparison.Ordinal)).Skip(2)
            .TakeWhile(l => l.StartsWith('|'))
            .Select(l => l.Split('|', StringSplitOptions.TrimEntries))
            .ToDictionary(c => c[1], c => c[2] == "nothing" ? [] : c[2].Split(", "));

    private static HashSet<string> BuildVerbs() =>
        BuildVerb().Matches(Repository.Read("build.sh")).SelectMany(m => m.Groups[1].Value.Split('|')).ToHashSet();

    private static string WithoutComments(string code) => Comment().Replace(code, "");

    [GeneratedRegex(@"//[^\n]*|/\*.*?\*/", RegexOptions.Singleline)]
    private static partial Regex Comment();

    [GeneratedRegex(@"\b(File\.\w+|Directory\.\w+|FileStream|StreamReader|Socket\b|HttpClient|Console\.\w+|Environment\.\w+|Stopwatch|DateTime(Offset)?\.(Utc)?Now|Thread\.|new Thread\b|Task\.Run|ILogger)")]
    private static partial Regex Impure();

    [GeneratedRegex(@"\basync\s|\bawait\s")]
    private static partial Regex Asynchronous();

    [GeneratedRegex(@"\[(LibraryImport|DllImport)\b|NativeLibrary\.|delegate\* unmanaged")]
    private static partial Regex NativeCall();

    [GeneratedRegex(@"\bTODO\b(?!\(#\d+\))")]
    private static partial Regex LooseTodo();

    [GeneratedRegex(@"\./build\.sh ([a-z]+)")]
    private static partial Regex Command();

    [GeneratedRegex(@"^  ([a-z|]+)\)", RegexOptions.Multiline)]
    private static partial Regex BuildVerb();

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();
}
