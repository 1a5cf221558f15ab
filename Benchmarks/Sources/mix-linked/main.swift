import MemscopeServer
import Mix

measure(arguments: CommandLine.arguments)
