// Plays all vectors to the C# binding: Matchport.Vectors.exe FOLDER. Prints a line a vector, and counts.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Newtonsoft.Json.Linq;

namespace Matchport.Vectors
{
    internal static class Program
    {
        private static int Main(string[] arguments)
        {
            string[] paths = Directory.GetFiles(arguments[0], "*.json");
            Array.Sort(paths, StringComparer.Ordinal);
            int passed = 0, failed = 0, all = 0;
            foreach (string path in paths)
            {
                JToken file = Matching.Parse(File.ReadAllText(path));
                all += file["vectors"].Count();
                foreach (JToken vector in file["vectors"])
                {
                    string wrong = Play(file, vector);
                    string name = Path.GetFileNameWithoutExtension(path) + ": " + vector["name"];
                    Console.WriteLine((wrong == null ? "PASS " : "FAIL ") + name);
                    if (wrong != null)
                    {
                        Console.WriteLine("  " + wrong + "\n  by: " + vector["by"]);
                        failed++;
                        continue;
                    }
                    passed++;
                }
            }
            if (passed + failed != all)
            {
                Console.WriteLine("FAIL " + (passed + failed) + " of " + all + " vectors ran");
                failed++;
            }
            Console.WriteLine(passed + " passed, " + failed + " failed");
            return failed == 0 && passed > 0 ? 0 : 1;
        }

        /// <summary>What is wrong, or null.</summary>
        private static string Play(JToken file, JToken vector)
        {
            VectorPlayer player = new VectorPlayer(file, vector);
            int number = 0;
            try
            {
                foreach (JToken step in vector["steps"])
                {
                    number++;
                    string wrong = player.Play(step);
                    if (wrong != null)
                    {
                        return "step " + number + ": " + wrong;
                    }
                }
                return player.Open == 0 ? null : "operations have not ended";
            }
            catch (Exception fault)
            {
                return "step " + number + ": " + fault;
            }
            finally
            {
                player.Close();
            }
        }
    }
}
