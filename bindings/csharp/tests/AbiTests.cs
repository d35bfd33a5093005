// The binding against the C header: names, numbers and layouts. The header is read as text, and its sizes come from a C
// compiler.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Matchport.Native;
using NUnit.Framework;

namespace Matchport.Tests
{
    [TestFixture]
    public sealed class AbiTests
    {
        private const BindingFlags All =
            BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

        private static readonly string Header = File.ReadAllText(Support.Variable("MATCHPORT_HEADER"));

        [Test]
        public void imports_are_the_functions_of_the_header()
        {
            IEnumerable<string> declared = Regex.Matches(Header, @"(?m)^[a-z][\w ]*[ *](matchport_\w+)\(")
                .Cast<Match>().Select(match => match.Groups[1].Value)
                .Where(name => !Header.Contains("(*" + name + ")"));
            string[] imported = Imports().Select(method => method.Name).ToArray();
            Assert.That(imported, Is.EquivalentTo(declared.ToArray()));
            Assert.That(imported.Length, Is.GreaterThan(40));
        }

        [Test]
        public void imports_say_cdecl_and_leave_no_marshalling_to_the_runtime()
        {
            foreach (MethodInfo method in Imports())
            {
                DllImportAttribute import = (DllImportAttribute)method.GetCustomAttributes(typeof(DllImportAttribute), false)[0];
                Assert.That(import.CallingConvention, Is.EqualTo(CallingConvention.Cdecl), method.Name);
                Assert.That(import.Value, Is.EqualTo("matchport"), method.Name);
                foreach (Type type in method.GetParameters().Select(parameter => parameter.ParameterType))
                {
                    bool isPlain = type.IsValueType || type.IsPointer;
                    Assert.That(isPlain, method.Name + " takes a " + type);
                }
            }
        }

        [Test]
        public void versions_are_the_same()
        {
            string version = Regex.Match(Header, @"#define MATCHPORT_ABI_VERSION (\d+)").Groups[1].Value;
            Assert.That(NativeMethods.AbiVersion.ToString(), Is.EqualTo(version));
            Assert.That(NativeMethods.matchport_abi_version(), Is.EqualTo(NativeMethods.AbiVersion));
            Assert.That(MatchportClient.LibraryVersion, Is.StringMatching(@"^\d+\.\d+\.\d+"));
        }

        [Test]
        public void enums_have_the_numbers_of_the_header()
        {
            List<string> compared = new List<string>();
            foreach (Type type in Named().Where(type => type.IsEnum))
            {
                string name = NativeName(type);
                string prefix = name.ToUpperInvariant() + "_";
                Match body = Regex.Match(Header, @"typedef int32_t " + name + @";\nenum \{\n(.*?)\n\};", RegexOptions.Singleline);
                Assert.That(body.Success, name + " is not in the header");
                string[] expected = Regex.Matches(body.Groups[1].Value, @"(?m)^    (MATCHPORT_\w+) = (\d+),")
                    .Cast<Match>()
                    .Select(match => Pascal(match.Groups[1].Value.Substring(prefix.Length)) + " = " + match.Groups[2].Value)
                    .ToArray();
                string[] actual = Enum.GetValues(type).Cast<object>()
                    .Select(value => value + " = " + Convert.ToInt32(value)).ToArray();
                Assert.That(actual, Is.EquivalentTo(expected), name);
                compared.Add(name);
            }
            string[] declared = Regex.Matches(Header, @"(?m)^typedef int32_t (matchport_\w+);").Cast<Match>()
                .Select(match => match.Groups[1].Value).ToArray();
            Assert.That(compared, Is.EquivalentTo(declared));
        }

        [Test]
        public void structs_are_laid_out_as_a_c_compiler_lays_them_out()
        {
            string[] expected = File.ReadAllLines(Support.Variable("MATCHPORT_LAYOUT"));
            List<string> actual = new List<string>();
            foreach (Type type in Named().Where(type => !type.IsEnum))
            {
                string name = NativeName(type);
                actual.Add(name + " " + Marshal.SizeOf(type));
                foreach (FieldInfo field in type.GetFields(All))
                {
                    actual.Add(name + "." + Snake(field.Name) + " " + Marshal.OffsetOf(type, field.Name));
                }
            }
            Assert.That(actual, Is.EquivalentTo(expected));
            Assert.That(expected.Length, Is.GreaterThan(200));
        }

        [Test]
        public void every_status_has_a_text()
        {
            foreach (MatchportStatus status in Enum.GetValues(typeof(MatchportStatus)))
            {
                Assert.That(MatchportClient.StatusText(status), Is.Not.EqualTo("unknown status"), status.ToString());
            }
            Assert.That(MatchportClient.StatusText((MatchportStatus)99999), Is.EqualTo("unknown status"));
        }

        [Test]
        public void the_page_of_status_numbers_is_about_this_enum()
        {
            string page = File.ReadAllText(Support.Variable("MATCHPORT_STATUS_PAGE"));
            string[] expected = Regex.Matches(page, @"(?m)^\| (\d+) \| `\w+` \| `(\w+)` \| ([^|]+) \|").Cast<Match>()
                .Select(row => row.Groups[1].Value + " " + row.Groups[2].Value + ": " + row.Groups[3].Value).ToArray();
            string[] actual = Enum.GetValues(typeof(MatchportStatus)).Cast<MatchportStatus>()
                .Select(status => (int)status + " " + status + ": " + MatchportClient.StatusText(status)).ToArray();
            Assert.That(actual, Is.EqualTo(expected));
            Assert.That(expected.Length, Is.GreaterThan(40));
        }

        private static IEnumerable<MethodInfo> Imports()
        {
            Type[] types = typeof(MatchportClient).Assembly.GetTypes();
            return types.SelectMany(type => type.GetMethods(All))
                .Where(method => (method.Attributes & MethodAttributes.PinvokeImpl) != 0);
        }

        private static IEnumerable<Type> Named()
        {
            return typeof(MatchportClient).Assembly.GetTypes()
                .Where(type => type.GetCustomAttributes(typeof(NativeNameAttribute), false).Length > 0);
        }

        private static string NativeName(Type type)
        {
            return ((NativeNameAttribute)type.GetCustomAttributes(typeof(NativeNameAttribute), false)[0]).Name;
        }

        private static string Pascal(string name)
        {
            return string.Concat(name.Split('_').Select(word => word.Substring(0, 1) + word.Substring(1).ToLowerInvariant()));
        }

        private static string Snake(string name)
        {
            return Regex.Replace(name, "(?<!^)([A-Z])", "_$1").ToLowerInvariant();
        }
    }
}
