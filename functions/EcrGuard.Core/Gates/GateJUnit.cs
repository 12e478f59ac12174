using System.Globalization;
using System.Text;
using System.Xml;

namespace EcrGuard.Core.Gates;

/// <summary>A report as JUnit's XML.</summary>
public static class GateJUnit
{
    /// <summary>One test case for each image, as continuous-integration servers read JUnit's XML.</summary>
    public static string Of(GateReport report)
    {
        var failures = report.Answers.Count(answer => !answer.Passes && answer.Outcome != GateOutcome.Undetermined);
        var errors = report.Answers.Count(answer => answer.Outcome == GateOutcome.Undetermined);
        var skipped = report.Answers.Count(answer => answer is { Passes: true, Answer: null });
        var text = new StringBuilder();
        // Characters that XML cannot hold are replaced by U+FFFD first.
        using (var xml = XmlWriter.Create(text, new XmlWriterSettings { Indent = true, OmitXmlDeclaration = true }))
        {
            xml.WriteStartElement("testsuite");
            xml.WriteAttributeString("name", "EcrGuard");
            xml.WriteAttributeString("tests", Number(report.Answers.Count));
            xml.WriteAttributeString("failures", Number(failures));
            xml.WriteAttributeString("errors", Number(errors));
            xml.WriteAttributeString("skipped", Number(skipped));
            foreach (var answer in report.Answers)
            {
                xml.WriteStartElement("testcase");
                xml.WriteAttributeString("classname", Safe(answer.Place?.ToString() ?? "EcrGuard"));
                xml.WriteAttributeString("name", Safe(GateText.Name(answer)));
                var said = Safe(string.Join("\n", GateText.Said(answer)));
                // An image that was let pass without a question was not tested.
                if (answer is { Passes: true, Answer: null })
                {
                    xml.WriteStartElement("skipped");
                    xml.WriteAttributeString("message", said);
                    xml.WriteEndElement();
                }
                else if (answer.Passes && said.Length > 0)
                    xml.WriteElementString("system-out", said);
                else if (!answer.Passes)
                {
                    xml.WriteStartElement(answer.Outcome == GateOutcome.Undetermined ? "error" : "failure");
                    xml.WriteAttributeString("message", Safe($"{answer.Status} {GateText.Name(answer)}"));
                    xml.WriteAttributeString("type", Safe(answer.Status));
                    xml.WriteString(said);
                    xml.WriteEndElement();
                }
                xml.WriteEndElement();
            }
            xml.WriteEndElement();
        }
        return text.ToString();
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
