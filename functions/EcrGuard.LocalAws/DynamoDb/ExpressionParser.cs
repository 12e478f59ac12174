using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace EcrGuard.LocalAws.DynamoDb;

/// <summary>
/// A recursive-descent parser of DynamoDB's expressions; <paramref name="kind"/> is the request's parameter
/// (<c>FilterExpression</c>, …) that its errors name.
/// </summary>
internal sealed class ExpressionParser(string kind, string text, Substitutions substitutions)
{
    private const int MaxBytes = 4096;

    private static readonly Dictionary<string, int> Arities = new()
    {
        ["attribute_exists"] = 1,
        ["attribute_not_exists"] = 1,
        ["attribute_type"] = 2,
        ["begins_with"] = 2,
        ["contains"] = 2,
        ["size"] = 1,
        ["if_not_exists"] = 2,
        ["list_append"] = 2,
    };

    private static readonly string[] Types = ["S", "N", "B", "BOOL", "NULL", "L", "M", "SS", "NS", "BS"];

    private readonly IReadOnlyList<Token> tokens = Tokens(kind, text);
    private readonly List<DocumentPath> paths = [];
    private int position;

    /// <summary>Every path that was read.</summary>
    public IReadOnlyList<DocumentPath> Paths => paths;

    private Token Current => tokens[position];

    private bool IsCall =>
        Current.Kind == TokenKind.Word && tokens[position + 1] is { Kind: TokenKind.Symbol, Text: "(" };

    public Condition Condition() => Whole(Disjunction);

    public Projection Projection()
    {
        var projection = Whole(() => new Projection(List(Path)));
        EnsureDistinct(projection.Paths);
        return projection;
    }

    public UpdateExpression Update()
    {
        var update = Whole(Clauses);
        EnsureDistinct([.. update.Paths]);
        return update;
    }

    private static IReadOnlyList<Token> Tokens(string kind, string text)
    {
        if (text.Length == 0)
        {
            throw DynamoDbError.Validation($"Invalid {kind}: The expression can not be empty;");
        }

        var bytes = Encoding.UTF8.GetByteCount(text);
        return bytes <= MaxBytes
            ? ExpressionLexer.Read(kind, text)
            : throw DynamoDbError.Validation(
                $"Invalid {kind}: Expression size has exceeded the maximum allowed size; expression size: {bytes}"
            );
    }

    private T Whole<T>(Func<T> rule)
    {
        var result = rule();
        return Current.Kind == TokenKind.End ? result : throw SyntaxError();
    }

    // Conditions, loosest binding first.

    private Condition Disjunction()
    {
        var left = Conjunction();
        while (AcceptWord("OR"))
        {
            left = new Or(left, Conjunction());
        }

        return left;
    }

    private Condition Conjunction()
    {
        var left = Negation();
        while (AcceptWord("AND"))
        {
            left = new And(left, Negation());
        }

        return left;
    }

    private Condition Negation() => AcceptWord("NOT") ? new Not(Negation()) : Predicate();

    private Condition Predicate()
    {
        if (Accept("("))
        {
            var inner = Disjunction();
            Expect(")");
            return inner;
        }

        if (IsCall && Current.Text != "size")
        {
            return Function();
        }

        var operand = ConditionOperand();
        if (AcceptWord("BETWEEN"))
        {
            var low = ConditionOperand();
            if (!AcceptWord("AND"))
            {
                throw SyntaxError();
            }

            var high = ConditionOperand();
            EnsureOrdered("BETWEEN", operand, low, high);
            if (
                low is Literal { Value: var from }
                && high is Literal { Value: var to }
                && (from.Type != to.Type || DynamoDb.Value.Compare(from, to) > 0)
            )
            {
                var rule =
                    from.Type == to.Type
                        ? "upper bound to be greater than or equal to lower bound"
                        : "same data type for lower and upper bounds";
                throw Invalid(
                    $"The BETWEEN operator requires {rule}; lower bound operand: AttributeValue: "
                        + $"{Describe(from)}, upper bound operand: AttributeValue: {Describe(to)}"
                );
            }

            return new Between(operand, low, high);
        }

        if (AcceptWord("IN"))
        {
            Expect("(");
            var choices = List(ConditionOperand);
            Expect(")");
            return choices.Count <= 100
                ? new In(operand, choices)
                : throw Invalid("Invalid number of operands for operator IN; number of operands: " + choices.Count);
        }

        var comparator = Current;
        if (comparator is not { Kind: TokenKind.Symbol, Text: "=" or "<>" or "<" or "<=" or ">" or ">=" })
        {
            throw SyntaxError();
        }

        position++;
        var right = ConditionOperand();
        if (comparator.Text is not ("=" or "<>"))
        {
            EnsureOrdered(comparator.Text, operand, right);
        }

        if (
            operand is PathOperand { Path: var x }
            && right is PathOperand { Path: var y }
            && x.Steps.SequenceEqual(y.Steps)
        )
        {
            throw Invalid(
                "The first operand must be distinct from the remaining operands for this operator or "
                    + $"function; operator: {comparator.Text}, first operand: {x}"
            );
        }

        return new Comparison(operand, comparator.Text, right);
    }

    private Condition Function()
    {
        var (name, operands) = Call(ConditionOperand);
        return (name, operands) switch
        {
            ("attribute_exists", [PathOperand { Path: var path }]) => new AttributeExists(path),
            ("attribute_not_exists", [PathOperand { Path: var path }]) => new Not(new AttributeExists(path)),
            ("attribute_type", [PathOperand { Path: var path }, Literal { Value: StringValue { Text: var type } }]) =>
                Types.Contains(type)
                    ? new AttributeType(path, type)
                    : throw Invalid(
                        $"Invalid attribute type name found; type: {type}, valid types: {{{string.Join(",", Types)}}}"
                    ),
            ("begins_with", [PathOperand, Literal { Value: not (StringValue or BinaryValue) and var wrong }]) =>
                throw WrongType(name, wrong),
            ("begins_with", [PathOperand { Path: var path }, var prefix]) => new BeginsWith(path, prefix),
            ("contains", [PathOperand { Path: var path }, var part]) => new Contains(path, part),
            _ => throw WrongCall(name, operands),
        };
    }

    private Operand ConditionOperand()
    {
        if (!IsCall)
        {
            return Simple();
        }

        var (name, operands) = Call(ConditionOperand);
        return (name, operands) is ("size", [PathOperand { Path: var path }])
            ? new SizeOf(path)
            : throw WrongCall(name, operands);
    }

    // Updates.

    private UpdateExpression Clauses()
    {
        var update = UpdateExpression.Nothing;
        var seen = new HashSet<string>();
        do
        {
            var clause = Current.Kind == TokenKind.Word ? Current.Text.ToUpperInvariant() : "";
            update = clause switch
            {
                "SET" => update with { Sets = Clause(Assignment) },
                "REMOVE" => update with { Removes = Clause(Path) },
                "ADD" => update with { Adds = Clause(Addition) },
                "DELETE" => update with { Deletes = Clause(Deletion) },
                _ => throw SyntaxError(),
            };
            if (!seen.Add(clause))
            {
                throw Invalid($"The \"{clause}\" section can only be used once in an update expression;");
            }
        } while (Current.Kind != TokenKind.End);

        return update;

        IReadOnlyList<T> Clause<T>(Func<T> action)
        {
            position++;
            return List(action);
        }
    }

    private (DocumentPath Path, Operand Value) Assignment()
    {
        var path = Path();
        Expect("=");
        var left = UpdateOperand();
        var sign = Current;
        if (!Accept("+") && !Accept("-"))
        {
            return (path, left);
        }

        var right = UpdateOperand();
        EnsureType<NumberValue>(sign.Text, left, right);
        return (path, new Arithmetic(left, right, sign.Text == "-"));
    }

    private Operand UpdateOperand()
    {
        if (Accept("("))
        {
            var inner = UpdateOperand();
            Expect(")");
            return inner;
        }

        if (!IsCall)
        {
            return Simple();
        }

        var (name, operands) = Call(UpdateOperand);
        return (name, operands) switch
        {
            ("if_not_exists", [PathOperand { Path: var path }, var otherwise]) => new IfNotExists(path, otherwise),
            ("list_append", [var first, var second]) => Append(first, second),
            _ => throw WrongCall(name, operands),
        };
    }

    private ListAppend Append(Operand first, Operand second)
    {
        EnsureType<ListValue>("list_append", first, second);
        return new ListAppend(first, second);
    }

    private (DocumentPath Path, Value Value) Addition() =>
        (
            Path(),
            Value() switch
            {
                var value and (NumberValue or SetValue) => value,
                var wrong => throw WrongOperand("ADD", wrong),
            }
        );

    private (DocumentPath Path, SetValue Value) Deletion() =>
        (
            Path(),
            Value() switch
            {
                SetValue value => value,
                var wrong => throw WrongOperand("DELETE", wrong),
            }
        );

    private Value Value() => Simple() is Literal { Value: var value } ? value : throw SyntaxError();

    // Paths and values.

    private Operand Simple()
    {
        if (Current.Kind != TokenKind.ValuePlaceholder)
        {
            return new PathOperand(Path());
        }

        var value = substitutions.Value(kind, Current.Text);
        position++;
        return new Literal(value);
    }

    private DocumentPath Path()
    {
        var steps = ImmutableArray.CreateBuilder<PathStep>();
        steps.Add(NameStep());
        while (true)
        {
            if (Accept("."))
            {
                steps.Add(NameStep());
            }
            else if (Accept("["))
            {
                if (
                    Current.Kind != TokenKind.Number
                    || !int.TryParse(Current.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var index)
                )
                {
                    throw SyntaxError();
                }

                steps.Add(new PathStep(null, index));
                position++;
                Expect("]");
            }
            else
            {
                paths.Add(new DocumentPath(steps.ToImmutable()));
                return paths[^1];
            }
        }
    }

    private PathStep NameStep()
    {
        var token = Current;
        var name = token.Kind switch
        {
            TokenKind.NamePlaceholder => substitutions.Name(kind, token.Text),
            TokenKind.Word when ReservedWords.Contains(token.Text) => throw Invalid(
                $"Attribute name is a reserved keyword; reserved keyword: {token.Text}"
            ),
            TokenKind.Word => token.Text,
            _ => throw SyntaxError(),
        };
        position++;
        return new PathStep(name, 0);
    }

    private (string Name, IReadOnlyList<Operand> Operands) Call(Func<Operand> operand)
    {
        var name = Current.Text;
        if (!Arities.ContainsKey(name))
        {
            throw Invalid($"Invalid function name; function: {name}");
        }

        position++;
        Expect("(");
        var operands = List(operand);
        Expect(")");
        return (name, operands);
    }

    private List<T> List<T>(Func<T> element)
    {
        var list = new List<T> { element() };
        while (Accept(","))
        {
            list.Add(element());
        }

        return list;
    }

    private bool Accept(string symbol) =>
        Advance(Current is { Kind: TokenKind.Symbol, Text: var text } && text == symbol);

    private bool AcceptWord(string keyword) =>
        Advance(
            Current is { Kind: TokenKind.Word, Text: var text }
                && text.Equals(keyword, StringComparison.OrdinalIgnoreCase)
        );

    private bool Advance(bool accepted)
    {
        position += accepted ? 1 : 0;
        return accepted;
    }

    private void Expect(string symbol)
    {
        if (!Accept(symbol))
        {
            throw SyntaxError();
        }
    }

    private static string Describe(Value value) => $"{{{value.Type}:{value.ToPlain()}}}";

    private void EnsureOrdered(string name, params ReadOnlySpan<Operand> operands)
    {
        foreach (var operand in operands)
        {
            if (operand is Literal { Value: not (StringValue or NumberValue or BinaryValue) and var wrong })
            {
                throw WrongType(name, wrong);
            }
        }
    }

    /// <summary>
    /// Refuses values of another type if they stand in the request. Values in an item are checked when it is updated.
    /// </summary>
    private void EnsureType<T>(string name, params ReadOnlySpan<Operand> operands)
        where T : Value
    {
        foreach (var operand in operands)
        {
            if (operand is Literal { Value: not T and var wrong })
            {
                throw WrongType(name, wrong);
            }
        }
    }

    private void EnsureDistinct(IReadOnlyList<DocumentPath> paths)
    {
        foreach (var (one, two) in paths.SelectMany((one, index) => paths.Skip(index + 1).Select(two => (one, two))))
        {
            if (one.Overlaps(two))
            {
                throw Invalid(
                    "Two document paths overlap with each other; must remove or rewrite one of these paths; "
                        + $"path one: {one}, path two: {two}"
                );
            }

            if (one.Conflicts(two))
            {
                throw Invalid(
                    "Two document paths conflict with each other; must remove or rewrite one of these paths; "
                        + $"path one: {one}, path two: {two}"
                );
            }
        }
    }

    private DynamoDbError WrongCall(string name, IReadOnlyList<Operand> operands) =>
        Invalid(
            operands.Count != Arities[name]
                ? $"Incorrect number of operands for operator or function; operator or function: {name}, number "
                    + $"of operands: {operands.Count}"
            : operands[0] is not PathOperand
                ? $"Operator or function requires a document path; operator or function: {name}"
            : $"The function is not allowed to be used this way in an expression; function: {name}"
        );

    private DynamoDbError WrongType(string name, Value value) =>
        Invalid(
            $"Incorrect operand type for operator or function; operator or function: {name}, operand type: {value.Type}"
        );

    private DynamoDbError WrongOperand(string clause, Value value)
    {
        var type = value switch
        {
            StringValue => "STRING",
            NumberValue => "NUMBER",
            BinaryValue => "BINARY",
            BoolValue => "BOOLEAN",
            NullValue => "NULL",
            ListValue => "LIST",
            MapValue => "MAP",
            _ => value.Type,
        };
        return Invalid(
            $"Incorrect operand type for operator or function; operator: {clause}, operand type: {type}, "
                + $"typeset: ALLOWED_FOR_{clause}_OPERAND"
        );
    }

    private DynamoDbError SyntaxError()
    {
        var start = tokens[Math.Max(0, position - 1)].Start;
        var stop = tokens[Math.Min(tokens.Count - 1, position + 1)].Stop;
        return Invalid($"Syntax error; token: \"{Current.Text}\", near: \"{text[start..stop]}\"");
    }

    private DynamoDbError Invalid(string problem) => DynamoDbError.Validation($"Invalid {kind}: {problem}");
}
