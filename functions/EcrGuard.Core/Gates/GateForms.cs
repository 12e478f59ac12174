using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Xml;

namespace EcrGuard.Core.Gates;

/// <summary>A report in the forms that other tools read: SARIF and JUnit.</summary>
public static class GateForms
{
    private const string Schema =
        "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

    /// <summary>
    /// SARIF 2.1.0 (docs.oasis-open.org/sarif/sarif/v2.1.0): a result for each reason and warning, whose rule is the
    /// policy's rule; an image that passes without warnings has none.
    /// </summary>
    public static string Sarif(GateReport report)
    {
        List<(GateAnswer Answer, string Rule, string Level, string Sentence)> results =
        [
            .. report.Answers.SelectMany(answer =>
            {
                var level = answer.Passes ? "note" : "error";
                List<(GateAnswer, string, string, string)> own = answer.Problem is { } problem
                    ? [(answer, answer.Status, level, problem)]
                    : [];
                if (!answer.Passes)
                    own.AddRange((answer.Answer?.Reasons ?? []).Select(r => (answer, r.Code, level, r.Sentence)));
                own.AddRange((answer.Answer?.Warnings ?? []).Select(r => (answer, r.Code, "warning", r.Sentence)));
                return own;
            }),
        ];
        using var bytes = new MemoryStream();
        using (
            var json = new Utf8JsonWriter(
                bytes,
                new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }
            )
        )
        {
            json.WriteStartObject();
            json.WriteString("$schema", Schema);
            json.WriteString("version", "2.1.0");
            json.WriteStartArray("runs");
            json.WriteStartObject();
            json.WriteStartObject("tool");
            json.WriteStartObject("driver");
            json.WriteString("name", "EcrGuard");
            json.WriteStartArray("rules");
            foreach (var rule in results.Select(result => result.Rule).Distinct())
            {
                json.WriteStartObject();
                json.WriteString("id", rule);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteStartArray("results");
            foreach (var (answer, rule, level, sentence) in results)
                WriteResult(json, answer, rule, level, sentence);
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(bytes.ToArray());
    }

    /// <summary>One test case for each image, as continuous-integration servers read JUnit's XML.</summary>
    public static string JUnit(GateReport report)
    {
        var failures = report.Answers.Count(answer => !answer.Passes && answer.Outcome != GateOutcome.Undetermined);
        var errors = report.Answers.Count(answer => answer.Outcome == GateOutcome.Undetermined);
        var text = new StringBuilder();
        // Characters that XML cannot hold become U+FFFD before.
        using (var xml = XmlWriter.Create(text, new XmlWriterSettings { Indent = true, OmitXmlDeclaration = true }))
        {
            xml.WriteStartElement("testsuite");
            xml.WriteAttributeString("name", "EcrGuard");
            xml.WriteAttributeString("tests", Number(report.Answers.Count));
            xml.WriteAttributeString("failures", Number(failures));
            xml.WriteAttributeString("errors", Number(errors));
            foreach (var answer in report.Answers)
            {
                xml.WriteStartElement("testcase");
                xml.WriteAttributeString("classname", Safe(answer.Place?.ToString() ?? "EcrGuard"));
                xml.WriteAttributeString("name", Safe(answer.Image));
                if (!answer.Passes)
                {
                    xml.WriteStartElement(answer.Outcome == GateOutcome.Undetermined ? "error" : "failure");
                    xml.WriteAttributeString("message", Safe($"{answer.Status} {answer.Image}"));
                    xml.WriteAttributeString("type", Safe(answer.Status));
                    xml.WriteString(Safe(string.Join("\n", GateText.Why(answer))));
                    xml.WriteEndElement();
                }
                xml.WriteEndElement();
            }
            xml.WriteEndElement();
        }
        return text.ToString();
    }

    private static void WriteResult(Utf8JsonWriter json, GateAnswer answer, string rule, string level, string sentence)
    {
        json.WriteStartObject();
        json.WriteString("ruleId", rule);
        json.WriteString("level", level);
        json.WriteStartObject("message");
        json.WriteString("text", $"{GateText.Name(answer)}: {sentence}");
        json.WriteEndObject();
        json.WriteStartArray("locations");
        json.WriteStartObject();
        if (answer.Place is { File: not "-" } place)
        {
            json.WriteStartObject("physicalLocation");
            json.WriteStartObject("artifactLocation");
            json.WriteString(
                "uri",
                string.Join('/', place.File.Replace('\\', '/').Split('/').Select(Uri.EscapeDataString))
            );
            json.WriteEndObject();
            json.WriteStartObject("region");
            json.WriteNumber("startLine", 1);
            json.WriteEndObject();
            json.WriteEndObject();
        }
        json.WriteStartArray("logicalLocations");
        json.WriteStartObject();
        json.WriteString("name", GateText.Name(answer));
        json.WriteString("fullyQualifiedName", answer.Answer?.Deploy ?? GateText.Name(answer));
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Safe(string text)
    {
        var safe = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            safe.Append(
                rune.Value is '\n' or '\t' || (rune.Value >= ' ' && rune.Value is not (0xFFFE or 0xFFFF))
                    ? rune
                    : Rune.ReplacementChar
            );
        }
        return safe.ToString();
    }
}
