// Whether what came out is what was expected: the rules of README.md, "What is compared".

using System;
using System.IO;
using System.Linq;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Matchport.Vectors
{
    internal static class Matching
    {
        /// <summary>What is wrong, with where it is; null when all is well. Whole: every field that was found has to be
        /// expected.</summary>
        internal static string Difference(JToken expected, JToken found, bool whole, string path)
        {
            if (IsMissing(expected) || IsMissing(found))
            {
                return IsMissing(expected) && IsMissing(found) ? null : Unlike(expected, found, path);
            }
            JObject wanted = expected as JObject;
            if (wanted != null && wanted["$between"] != null)
            {
                bool within = IsNumber(found) && (double)wanted["$between"][0] <= (double)found
                    && (double)found <= (double)wanted["$between"][1];
                return within ? null : Unlike(expected, found, path);
            }
            if (wanted != null && wanted["$contains"] != null)
            {
                bool contains = found.Type == JTokenType.String && ((string)found).Contains((string)wanted["$contains"]);
                return contains ? null : Unlike(expected, found, path);
            }
            if (wanted != null && found is JObject)
            {
                return Fields(wanted, (JObject)found, whole, path);
            }
            if (expected is JArray && found is JArray)
            {
                if (expected.Count() != found.Count())
                {
                    return Unlike(expected, found, path);
                }
                return Enumerable.Range(0, expected.Count())
                    .Select(index => Difference(expected[index], found[index], whole, path + "[" + index + "]"))
                    .FirstOrDefault(wrong => wrong != null);
            }
            bool same = IsNumber(expected) && IsNumber(found)
                ? Math.Abs((double)expected - (double)found) <= Math.Abs((double)expected) * 1e-6
                : JToken.DeepEquals(expected, found);
            return same ? null : Unlike(expected, found, path);
        }

        /// <summary>As it stands there: a text that looks like a date is a text.</summary>
        internal static JToken Parse(string json)
        {
            using (JsonTextReader reader = new JsonTextReader(new StringReader(json)))
            {
                reader.DateParseHandling = DateParseHandling.None;
                return JToken.ReadFrom(reader);
            }
        }

        private static string Fields(JObject expected, JObject found, bool whole, string path)
        {
            JProperty unnamed = found.Properties().FirstOrDefault(it => !IsMissing(it.Value) && expected[it.Name] == null);
            if (whole && unnamed != null)
            {
                return path + "." + unnamed.Name + ": expected nothing, found " + unnamed.Value.ToString(Formatting.None);
            }
            // A ticket is whole wherever it stands.
            return expected.Properties()
                .Select(it => Difference(it.Value, found[it.Name], whole || it.Name == "ticket", path + "." + it.Name))
                .FirstOrDefault(wrong => wrong != null);
        }

        private static bool IsMissing(JToken token)
        {
            // A text that is null keeps the type of a text.
            JValue value = token as JValue;
            return token == null || (value != null && value.Value == null);
        }

        private static bool IsNumber(JToken token)
        {
            return token.Type == JTokenType.Integer || token.Type == JTokenType.Float;
        }

        private static string Unlike(JToken expected, JToken found, string path)
        {
            Func<JToken, string> shown = token => token == null ? "nothing" : token.ToString(Formatting.None);
            return path + ": expected " + shown(expected) + ", found " + shown(found);
        }
    }
}
