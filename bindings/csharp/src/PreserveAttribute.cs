// What keeps Unity's linker from removing members that only native code or reflection reaches. Unity looks for the name
// alone, so that this assembly needs no reference to the engine.

using System;

namespace Matchport
{
    /// <summary>Unity's linker keeps what bears an attribute of this name.</summary>
    [AttributeUsage(AttributeTargets.All, Inherited = false)]
    internal sealed class PreserveAttribute : Attribute
    {
    }

    /// <summary>The name of a type in the C header, for the tests that compare the two.</summary>
    [AttributeUsage(AttributeTargets.Struct | AttributeTargets.Enum, Inherited = false)]
    internal sealed class NativeNameAttribute : Attribute
    {
        internal NativeNameAttribute(string name)
        {
            Name = name;
        }

        internal string Name { get; private set; }
    }
}
