// Native memory for what goes into one call: texts as UTF-8, arrays, options. The library copies all of it before the call
// returns, so that it is freed right after. It is overwritten first, since tokens and environments pass through it.

using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using System.Text;

namespace Matchport.Native
{
    internal sealed unsafe class NativeArena : IDisposable
    {
        // A lone surrogate is no text: it is refused here, and not replaced by something that the caller did not write.
        private static readonly UTF8Encoding Strict = new UTF8Encoding(false, true);

        private readonly List<Block> blocks = new List<Block>();

        /// <summary>Zeroed memory for so many bytes.</summary>
        internal byte* Allocate(long bytes)
        {
            int size = checked((int)bytes);
            IntPtr start = Marshal.AllocHGlobal(Math.Max(size, 1));
            blocks.Add(new Block { Start = start, Size = size });
            Clear(start, size);
            return (byte*)start;
        }

        /// <summary>A text; null is "not given".</summary>
        internal NativeString Text(string text, string field)
        {
            if (text == null)
            {
                return default(NativeString);
            }
            try
            {
                int length = Strict.GetByteCount(text);
                byte* start = Allocate(length);
                fixed (char* characters = text)
                {
                    if (length > 0)
                    {
                        Strict.GetBytes(characters, text.Length, start, length);
                    }
                }
                return new NativeString { Data = start, Length = (UIntPtr)(uint)length };
            }
            catch (EncoderFallbackException)
            {
                throw new ArgumentException("is not valid text: it holds half of a surrogate pair", field);
            }
        }

        /// <summary>Texts; null is "not given", an empty list is too.</summary>
        internal NativeString* Texts(IEnumerable<string> texts, string field, out UIntPtr count)
        {
            List<string> list = texts == null ? new List<string>() : new List<string>(texts);
            count = (UIntPtr)(uint)list.Count;
            if (list.Count == 0)
            {
                return null;
            }
            NativeString* array = (NativeString*)Allocate((long)list.Count * sizeof(NativeString));
            for (int i = 0; i < list.Count; i++)
            {
                array[i] = Text(Required(list[i], field + "[" + i + "]"), field + "[" + i + "]");
            }
            return array;
        }

        /// <summary>Names and values.</summary>
        internal NativePair* Pairs(IEnumerable<KeyValuePair<string, string>> pairs, string field, out UIntPtr count)
        {
            List<KeyValuePair<string, string>> list = pairs == null
                ? new List<KeyValuePair<string, string>>()
                : new List<KeyValuePair<string, string>>(pairs);
            count = (UIntPtr)(uint)list.Count;
            if (list.Count == 0)
            {
                return null;
            }
            NativePair* array = (NativePair*)Allocate((long)list.Count * sizeof(NativePair));
            for (int i = 0; i < list.Count; i++)
            {
                string name = Required(list[i].Key, field + "[" + i + "]");
                array[i].Name = Text(name, field);
                array[i].Value = Text(Required(list[i].Value, field + "." + name), field + "." + name);
            }
            return array;
        }

        /// <summary>The value, or a complaint that names the field when it is null.</summary>
        internal static string Required(string text, string field)
        {
            if (text == null)
            {
                throw new ArgumentNullException(field);
            }
            return text;
        }

        public void Dispose()
        {
            foreach (Block block in blocks)
            {
                Clear(block.Start, block.Size);
                Marshal.FreeHGlobal(block.Start);
            }
            blocks.Clear();
        }

        private static void Clear(IntPtr start, int size)
        {
            byte* bytes = (byte*)start;
            for (int i = 0; i < size; i++)
            {
                bytes[i] = 0;
            }
        }

        private struct Block
        {
            internal IntPtr Start;
            internal int Size;
        }
    }
}
