#if SWIFT_PACKAGE
import Mix
#endif

measure(arguments: CommandLine.arguments)
