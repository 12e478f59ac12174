using System.Reflection;
using System.Runtime.CompilerServices;
using Amazon.Runtime;

namespace EcrGuard.Aws.Tests.Bundled;

/// <summary>
/// The public members of an assembly or type, one line each, in the format of published-api/README.md.
/// </summary>
internal static class ApiLines
{
    private const BindingFlags Declared =
        BindingFlags.Public
        | BindingFlags.NonPublic
        | BindingFlags.Instance
        | BindingFlags.Static
        | BindingFlags.DeclaredOnly;

    internal static IEnumerable<string> Of(Assembly assembly) => assembly.GetExportedTypes().SelectMany(Of);

    internal static IEnumerable<string> Of(Type type)
    {
        yield return $"T {Declaration(type)}";
        if (type.IsSubclassOf(typeof(MulticastDelegate)))
        {
            yield return Line(type.GetMethod("Invoke")!, "");
            yield break;
        }
        if (type.GetCustomAttribute<AttributeUsageAttribute>(inherit: false) is { } usage)
            yield return Usage(type, usage);
        foreach (var field in type.GetFields(Declared).Where(f => f.IsPublic && !f.IsSpecialName))
            yield return Line(field);
        foreach (var property in type.GetProperties(Declared).Where(p => p.GetMethod?.IsPublic == true))
            yield return Line(property);
        foreach (var method in type.GetMethods(Declared).Where(IsListed))
            yield return Line(method);
        if (type.IsEnum)
            yield break;
        foreach (
            var constructor in type.GetConstructors(Declared)
                .Where(c => !c.IsStatic && (c.IsPublic || c.IsFamily || c.IsFamilyOrAssembly))
        )
            yield return $"C {Name(type)}({Parameters(constructor)}){(constructor.IsPublic ? "" : " [protected]")}";
    }

    private static bool IsListed(MethodInfo method) =>
        method.IsPublic
        && (!method.IsSpecialName || method.Name == "op_Implicit")
        && method.GetCustomAttribute<CompilerGeneratedAttribute>() is null
        && method.GetBaseDefinition().DeclaringType != typeof(object);

    private static string Declaration(Type type)
    {
        var kind = type switch
        {
            { IsInterface: true } => "interface",
            { IsEnum: true } => "enum",
            { IsValueType: true } => "struct",
            _ when type.IsSubclassOf(typeof(MulticastDelegate)) => "delegate",
            { IsAbstract: true, IsSealed: true } => "static class",
            { IsAbstract: true } => "abstract class",
            { IsSealed: true } => "sealed class",
            _ => "class",
        };
        var bases = new List<string>();
        if (kind.EndsWith("class", StringComparison.Ordinal) && type.BaseType != typeof(object))
            bases.Add(BaseName(type, type.BaseType!));
        if (kind is not ("enum" or "delegate"))
        {
            var all = type.GetInterfaces();
            var implied = all.SelectMany(i => i.GetInterfaces())
                .Concat(type.BaseType?.GetInterfaces() ?? [])
                .ToHashSet();
            var own = all.Where(i => !implied.Contains(i));
            bases.AddRange(own.OrderBy(Name, StringComparer.Ordinal).Select(i => BaseName(type, i)));
        }
        var name = $"{type.Namespace}.{Name(type)}";
        return $"{name} {kind}{(bases.Count == 0 ? "" : $" : {string.Join(", ", bases)}")}";
    }

    /// <summary>In full if it comes from another package. The base class library does not count as a package.</summary>
    private static string BaseName(Type type, Type of) =>
        of.Assembly == type.Assembly || of.Namespace!.StartsWith("System", StringComparison.Ordinal)
            ? Name(of)
            : $"{of.Namespace}.{Name(of)}";

    private static string Usage(Type type, AttributeUsageAttribute usage)
    {
        var targets = string.Join('|', usage.ValidOn.ToString().Split(", "));
        var settable = type.GetProperties(Declared)
            .Where(p => p.SetMethod?.IsPublic == true)
            .OrderBy(p => p.Name, StringComparer.Ordinal)
            .Select(p => $"{p.Name}:{Name(p.PropertyType)}");
        return $"A {Name(type)} targets={targets} allowMultiple={Lower(usage.AllowMultiple)} "
            + $"inherited={Lower(usage.Inherited)} settable=[{string.Join(", ", settable)}]";
    }

    private static string Line(FieldInfo field)
    {
        var value = field.IsLiteral
            ? field.FieldType.IsEnum
                ? $"{Convert.ToInt64(field.GetRawConstantValue(), null)}"
                : Constant(field.GetRawConstantValue())
            : field.GetValue(null) is ConstantClass wire
                ? $"\"{wire.Value}\""
                : null;
        var modifiers =
            field.IsLiteral ? " const"
            : field.IsStatic && field.IsInitOnly ? " static readonly"
            : "";
        return $"F {Name(field.DeclaringType!)}.{field.Name} : "
            + $"{Name(field.FieldType)}{modifiers}{(value is null ? "" : $" = {value}")}";
    }

    private static string Line(PropertyInfo property)
    {
        var set =
            property.SetMethod is not { IsPublic: true } setter ? ""
            : setter.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)) ? "init;"
            : "set;";
        return $"P {Name(property.DeclaringType!)}.{property.Name} : {Name(property.PropertyType)} "
            + $"{{get;{set}}}{Suffix(property.GetMethod!)}";
    }

    private static string Line(MethodInfo method, string? suffix = null)
    {
        var generics = method.IsGenericMethod
            ? $"<{string.Join(", ", method.GetGenericArguments().Select(Name))}>"
            : "";
        return $"M {Name(method.DeclaringType!)}.{method.Name}{generics}({Parameters(method)}) : "
            + $"{Name(method.ReturnType)}{suffix ?? Suffix(method)}";
    }

    private static string Suffix(MethodInfo method) =>
        method switch
        {
            { IsStatic: true } => " static",
            { DeclaringType.IsInterface: true } => method.IsAbstract ? "" : " virtual",
            { IsVirtual: true } when method.GetBaseDefinition() != method => " override",
            { IsAbstract: true } => " abstract",
            { IsVirtual: true, IsFinal: false } => " virtual",
            _ => "",
        };

    private static string Parameters(MethodBase method) =>
        string.Join(
            ", ",
            method
                .GetParameters()
                .Select(p =>
                {
                    var prefix =
                        p.IsDefined(typeof(ParamArrayAttribute)) ? "params "
                        : p.ParameterType.IsByRef ? "ref "
                        : "";
                    var fallback =
                        !p.HasDefaultValue ? ""
                        : p.ParameterType.IsValueType && p.DefaultValue is null ? " = default"
                        : $" = {Constant(p.DefaultValue)}";
                    return $"{prefix}{Name(p.ParameterType)} {p.Name}{fallback}";
                })
        );

    private static string Constant(object? value) =>
        value switch
        {
            null => "null",
            string text => $"\"{text}\"",
            bool flag => Lower(flag),
            _ => $"{value}",
        };

    private static string Lower(bool value) => value ? "true" : "false";

    private static string Name(Type type)
    {
        if (type.IsByRef)
            return Name(type.GetElementType()!);
        if (type.IsArray)
            return $"{Name(type.GetElementType()!)}[]";
        if (Nullable.GetUnderlyingType(type) is { } underlying)
            return $"{Name(underlying)}?";
        if (Keywords.TryGetValue(type, out var keyword))
            return keyword;
        var name = type.Name.Split('`')[0];
        if (type.IsNested && !type.IsGenericParameter)
            name = $"{Name(type.DeclaringType!)}.{name}";
        return type.IsGenericType ? $"{name}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>" : name;
    }

    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(void)] = "void",
        [typeof(object)] = "object",
        [typeof(string)] = "string",
        [typeof(bool)] = "bool",
        [typeof(byte)] = "byte",
        [typeof(int)] = "int",
        [typeof(uint)] = "uint",
        [typeof(long)] = "long",
        [typeof(double)] = "double",
    };
}
