// Runs the tests of this assembly by itself, on whatever runtime started it, since NUnit's own console runs on Mono only.
// It knows the attributes that are used here and no others. The last line is `N passed, N failed`.

using System;
using System.Diagnostics;
using System.Linq;
using System.Reflection;
using NUnit.Framework;

namespace Matchport.Tests
{
    internal static class Program
    {
        private static int Main(string[] arguments)
        {
            int passed = 0;
            int failed = 0;
            foreach (Type fixture in typeof(Program).Assembly.GetTypes().Where(IsFixture).OrderBy(type => type.Name))
            {
                foreach (MethodInfo test in fixture.GetMethods().Where(Has<TestAttribute>))
                {
                    string name = fixture.Name + "." + test.Name;
                    if (arguments.Length > 0 && !arguments.Any(name.Contains))
                    {
                        continue;
                    }
                    Stopwatch clock = Stopwatch.StartNew();
                    Exception fault = Run(fixture, test);
                    string took = " (" + clock.ElapsedMilliseconds + " ms)";
                    if (fault == null)
                    {
                        passed++;
                        Console.WriteLine("PASS " + name + took);
                    }
                    else
                    {
                        failed++;
                        Console.WriteLine("FAIL " + name + took + "\n" + fault);
                    }
                }
            }
            Console.WriteLine(passed + " passed, " + failed + " failed");
            return failed == 0 && passed > 0 ? 0 : 1;
        }

        private static Exception Run(Type fixture, MethodInfo test)
        {
            object subject = Activator.CreateInstance(fixture);
            try
            {
                CallAll<SetUpAttribute>(fixture, subject);
                test.Invoke(subject, null);
                return null;
            }
            catch (TargetInvocationException fault)
            {
                return fault.InnerException;
            }
            finally
            {
                CallAll<TearDownAttribute>(fixture, subject);
            }
        }

        private static void CallAll<T>(Type fixture, object subject) where T : Attribute
        {
            foreach (MethodInfo method in fixture.GetMethods().Where(Has<T>))
            {
                method.Invoke(subject, null);
            }
        }

        private static bool IsFixture(Type type)
        {
            return !type.IsAbstract && type.GetCustomAttributes(typeof(TestFixtureAttribute), false).Length > 0;
        }

        private static bool Has<T>(MethodInfo method) where T : Attribute
        {
            return method.GetCustomAttributes(typeof(T), true).Length > 0;
        }
    }
}
