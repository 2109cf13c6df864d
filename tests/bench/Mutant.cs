using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Bench;

/// <summary>One small fault put into the sources: what stood at a place and what stands there instead.</summary>
/// <param name="File">Index of the syntax tree.</param>
internal sealed record Mutant(int File, SyntaxNode Place, SyntaxNode Instead, string Kind)
{
    private static readonly Dictionary<SyntaxKind, (SyntaxKind Node, SyntaxKind Token)> _binary = new()
    {
        [SyntaxKind.AddExpression] = (SyntaxKind.SubtractExpression, SyntaxKind.MinusToken),
        [SyntaxKind.SubtractExpression] = (SyntaxKind.AddExpression, SyntaxKind.PlusToken),
        [SyntaxKind.MultiplyExpression] = (SyntaxKind.DivideExpression, SyntaxKind.SlashToken),
        [SyntaxKind.DivideExpression] = (SyntaxKind.MultiplyExpression, SyntaxKind.AsteriskToken),
        [SyntaxKind.LessThanExpression] = (SyntaxKind.GreaterThanOrEqualExpression, SyntaxKind.GreaterThanEqualsToken),
        [SyntaxKind.LessThanOrEqualExpression] = (SyntaxKind.GreaterThanExpression, SyntaxKind.GreaterThanToken),
        [SyntaxKind.GreaterThanExpression] = (SyntaxKind.LessThanOrEqualExpression, SyntaxKind.LessThanEqualsToken),
        [SyntaxKind.GreaterThanOrEqualExpression] = (SyntaxKind.LessThanExpression, SyntaxKind.LessThanToken),
        [SyntaxKind.EqualsExpression] = (SyntaxKind.NotEqualsExpression, SyntaxKind.ExclamationEqualsToken),
        [SyntaxKind.NotEqualsExpression] = (SyntaxKind.EqualsExpression, SyntaxKind.EqualsEqualsToken),
        [SyntaxKind.LogicalAndExpression] = (SyntaxKind.LogicalOrExpression, SyntaxKind.BarBarToken),
        [SyntaxKind.LogicalOrExpression] = (SyntaxKind.LogicalAndExpression, SyntaxKind.AmpersandAmpersandToken),
    };

    private static readonly Dictionary<SyntaxKind, (SyntaxKind Node, SyntaxKind Token)> _assignment = new()
    {
        [SyntaxKind.AddAssignmentExpression] = (SyntaxKind.SubtractAssignmentExpression, SyntaxKind.MinusEqualsToken),
        [SyntaxKind.SubtractAssignmentExpression] = (SyntaxKind.AddAssignmentExpression, SyntaxKind.PlusEqualsToken),
        [SyntaxKind.OrAssignmentExpression] = (SyntaxKind.AndAssignmentExpression, SyntaxKind.AmpersandEqualsToken),
        [SyntaxKind.AndAssignmentExpression] = (SyntaxKind.OrAssignmentExpression, SyntaxKind.BarEqualsToken),
    };

    /// <summary>Line of the place, from 1.</summary>
    public int Line => Place.GetLocation().GetLineSpan().StartLinePosition.Line + 1;

    public string Was => Short(Place);

    public string Is => Instead is EmptyStatementSyntax ? "(nothing)" : Short(Instead);

    /// <summary>Everything that can be mutated in these sources, in their order.</summary>
    public static List<Mutant> All(IReadOnlyList<SyntaxTree> trees)
    {
        var found = new List<Mutant>();
        for (var i = 0; i < trees.Count; i++)
        {
            foreach (var node in trees[i].GetRoot().DescendantNodes())
            {
                if (Of(node) is { } mutated)
                    found.Add(new(i, node, mutated.Instead, mutated.Kind));
            }
        }

        return found;
    }

    private static (SyntaxNode Instead, string Kind)? Of(SyntaxNode node)
    {
        switch (node)
        {
            case BinaryExpressionSyntax binary when _binary.TryGetValue(binary.Kind(), out var other):
                return (SyntaxFactory.BinaryExpression(other.Node, binary.Left, Token(other.Token, binary.OperatorToken), binary.Right), "operator");
            case AssignmentExpressionSyntax assigns when _assignment.TryGetValue(assigns.Kind(), out var other):
                return (SyntaxFactory.AssignmentExpression(other.Node, assigns.Left, Token(other.Token, assigns.OperatorToken), assigns.Right), "assignment");
            case PrefixUnaryExpressionSyntax unary when unary.IsKind(SyntaxKind.LogicalNotExpression) || unary.IsKind(SyntaxKind.UnaryMinusExpression):
                return (SyntaxFactory.ParenthesizedExpression(unary.Operand.WithoutTrivia()).WithTriviaFrom(unary), "sign");
            case LiteralExpressionSyntax { RawKind: (int)SyntaxKind.TrueLiteralExpression } yes:
                return (SyntaxFactory.LiteralExpression(SyntaxKind.FalseLiteralExpression).WithTriviaFrom(yes), "truth");
            case LiteralExpressionSyntax { RawKind: (int)SyntaxKind.FalseLiteralExpression } no:
                return (SyntaxFactory.LiteralExpression(SyntaxKind.TrueLiteralExpression).WithTriviaFrom(no), "truth");
            case ConditionalExpressionSyntax choice:
                return (choice.WithWhenTrue(choice.WhenFalse).WithWhenFalse(choice.WhenTrue), "choice");
            case IdentifierNameSyntax { Identifier.Text: "Min" or "Max", Parent: MemberAccessExpressionSyntax { Expression: IdentifierNameSyntax { Identifier.Text: "Math" } } } name:
                return (SyntaxFactory.IdentifierName(name.Identifier.Text == "Min" ? "Max" : "Min").WithTriviaFrom(name), "bound");
            case ExpressionStatementSyntax statement:
                return (SyntaxFactory.EmptyStatement().WithTriviaFrom(statement), "statement");
            default:
                return null;
        }
    }

    private static SyntaxToken Token(SyntaxKind kind, SyntaxToken like) => SyntaxFactory.Token(like.LeadingTrivia, kind, like.TrailingTrivia);

    private static string Short(SyntaxNode node)
    {
        var text = string.Join(' ', node.ToString().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return text.Length > 90 ? text[..87] + "..." : text;
    }
}
