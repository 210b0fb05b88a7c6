// The declarations of the NuGet package Amazon.JSII.Runtime that generated code refers to. They stand in for the package when C# is compiled and not run.
#nullable enable
using System;

namespace Amazon.JSII.Runtime
{
    public static class Configuration
    {
        public static bool RuntimeTypeChecking => throw null!;
    }
}

namespace Amazon.JSII.Runtime.Deputy
{
    public abstract class DeputyBase
    {
        protected DeputyBase(DeputyProps props) => throw null!;
        protected DeputyBase(ByRefValue reference) => throw null!;
        protected T? GetInstanceProperty<T>(string? name = null) => throw null!;
        protected void SetInstanceProperty<T>(T value, string? name = null) => throw null!;
        protected static T? GetStaticProperty<T>(Type type, string? name = null) => throw null!;
        protected static void SetStaticProperty<T>(Type type, T value, string? name = null) => throw null!;
        protected T? InvokeInstanceMethod<T>(Type[] types, object?[] arguments, string? name = null) => throw null!;
        protected void InvokeInstanceVoidMethod(Type[] types, object?[] arguments, string? name = null) => throw null!;
        protected static T? InvokeStaticMethod<T>(Type type, Type[] types, object?[] arguments, string? name = null) => throw null!;
        protected static void InvokeStaticVoidMethod(Type type, Type[] types, object?[] arguments, string? name = null) => throw null!;
    }

    public sealed class DeputyProps
    {
        public DeputyProps(object?[]? arguments = null) => throw null!;
    }

    public sealed class ByRefValue
    {
    }

    public sealed class AnonymousObject : DeputyBase
    {
        private AnonymousObject(ByRefValue reference) : base(reference)
        {
        }
    }

    [AttributeUsage(AttributeTargets.Assembly)]
    public sealed class JsiiAssemblyAttribute : Attribute
    {
        public JsiiAssemblyAttribute(string name, string version, string tarball) => throw null!;
    }

    [AttributeUsage(AttributeTargets.Class)]
    public sealed class JsiiClassAttribute : Attribute
    {
        public JsiiClassAttribute(Type nativeType, string fullyQualifiedName, string? parametersJson = null) => throw null!;
    }

    [AttributeUsage(AttributeTargets.Interface)]
    public sealed class JsiiInterfaceAttribute : Attribute
    {
        public JsiiInterfaceAttribute(Type nativeType, string fullyQualifiedName) => throw null!;
    }

    [AttributeUsage(AttributeTargets.Class)]
    public sealed class JsiiTypeProxyAttribute : Attribute
    {
        public JsiiTypeProxyAttribute(Type nativeType, string fullyQualifiedName) => throw null!;
    }

    [AttributeUsage(AttributeTargets.Class)]
    public sealed class JsiiByValueAttribute : Attribute
    {
        public JsiiByValueAttribute(string fqn) => throw null!;
    }

    [AttributeUsage(AttributeTargets.Enum)]
    public sealed class JsiiEnumAttribute : Attribute
    {
        public JsiiEnumAttribute(Type nativeType, string fullyQualifiedName) => throw null!;
    }

    [AttributeUsage(AttributeTargets.Field)]
    public sealed class JsiiEnumMemberAttribute : Attribute
    {
        public JsiiEnumMemberAttribute(string name) => throw null!;
    }

    [AttributeUsage(AttributeTargets.Method)]
    public sealed class JsiiMethodAttribute : Attribute
    {
        public JsiiMethodAttribute(
            string name, string? returnsJson = null, string? parametersJson = null, bool isAsync = false, bool isOverride = false) => throw null!;
    }

    [AttributeUsage(AttributeTargets.Property)]
    public sealed class JsiiPropertyAttribute : Attribute
    {
        public JsiiPropertyAttribute(string name, string typeJson, bool isOptional = false, bool isOverride = false) => throw null!;
    }

    [AttributeUsage(AttributeTargets.Property | AttributeTargets.Parameter)]
    public sealed class JsiiOptionalAttribute : Attribute
    {
    }
}
