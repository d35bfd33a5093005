// Copies what the library hands out (views that live until the next call) into strings, arrays and lists.

using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using System.Text;

namespace Matchport.Native
{
    internal static unsafe class Views
    {
        /// <summary>The text; null when it is not given.</summary>
        internal static string Text(NativeString text)
        {
            if (text.Data == null)
            {
                return null;
            }
            int length = Length(text.Length);
            return length == 0 ? string.Empty : Encoding.UTF8.GetString(text.Data, length);
        }

        /// <summary>The bytes; null when they are not given.</summary>
        internal static byte[] Bytes(NativeBytes bytes)
        {
            if (bytes.Data == null)
            {
                return null;
            }
            byte[] copy = new byte[Length(bytes.Length)];
            if (copy.Length > 0)
            {
                Marshal.Copy((IntPtr)bytes.Data, copy, 0, copy.Length);
            }
            return copy;
        }

        internal static IList<string> Texts(NativeString* texts, UIntPtr count)
        {
            string[] copy = new string[texts == null ? 0 : Length(count)];
            for (int i = 0; i < copy.Length; i++)
            {
                copy[i] = Text(texts[i]);
            }
            return copy;
        }

        internal static IDictionary<string, string> Pairs(NativePair* pairs, UIntPtr count)
        {
            Dictionary<string, string> copy = new Dictionary<string, string>();
            int length = pairs == null ? 0 : Length(count);
            for (int i = 0; i < length; i++)
            {
                copy[Text(pairs[i].Name) ?? string.Empty] = Text(pairs[i].Value);
            }
            return copy;
        }

        /// <summary>A length of the library's, which is never more than an array can have.</summary>
        internal static int Length(UIntPtr length)
        {
            return checked((int)length.ToUInt64());
        }
    }
}
