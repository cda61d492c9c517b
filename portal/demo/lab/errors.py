"""Error records with the identifiers that Windows PowerShell 5.1 gives them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psrpcore.types import (
    CommandOrigin,
    CommandTypes,
    ErrorCategory,
    ErrorCategoryInfo,
    ErrorDetails,
    ErrorRecord,
    InvocationInfo,
    NETException,
    PSDict,
    PSList,
    PSNoteProperty,
    PSObject,
    PSType,
    SessionStateEntryVisibility,
)

FUNCTION_NOUNS = ("-MpPreference", "-MpComputerStatus", "-ScheduledTask", "Get-FileHash", "Resolve-DnsName")


@PSType(
    ["System.Management.Automation.CmdletInfo", "System.Management.Automation.CommandInfo"],
    adapted_properties=[
        PSNoteProperty("Name"),
        PSNoteProperty("CommandType"),
        PSNoteProperty("Definition"),
        PSNoteProperty("Visibility"),
    ],
    rehydrate=False,
)
class CommandDescription(PSObject):
    """The command that an error came from."""


class CategoryInfo(ErrorCategoryInfo):
    """The category as Windows PowerShell writes it, with a colon."""

    def __str__(self) -> str:
        """Return ``ObjectNotFound: (target:String) [Get-Item], ItemNotFoundException``."""
        category, _, rest = super().__str__().partition(" ")
        return f"{category}: {rest}"


class CommandError(Exception):
    """An error of one command; ``terminating`` ends its statement."""

    def __init__(
        self,
        message: str,
        fq_error: str,
        *,
        category: ErrorCategory = ErrorCategory.NotSpecified,
        reason: str = "CimException",
        target: str = "",
        target_type: str = "String",
        details: str | None = None,
        terminating: bool = False,
        activity: str | None = None,
        parameter: str = "",
    ) -> None:
        """Keep the parts of the record."""
        super().__init__(message)
        self.message = message
        self.fq_error = fq_error
        self.category = category
        self.reason = reason
        self.target = target
        self.target_type = target_type
        self.details = details
        self.terminating = terminating
        self.activity = activity  # None: the command; "" where the record names none
        self.parameter = parameter  # that was refused; the exception names it


class Stopped(Exception):
    """The client stopped the pipeline."""


def error_record(error: CommandError, *, command: str, invocation: InvocationInfo | None) -> ErrorRecord:
    """Return the record of an error of that command; the invocation info is there where the client asked for it."""
    record = ErrorRecord(
        Exception=_exception(error),
        CategoryInfo=CategoryInfo(
            Category=error.category,
            Activity=command if error.activity is None else error.activity,
            Reason=error.reason,
            TargetName=error.target,
            TargetType=error.target_type if error.target else "",
        ),
        TargetObject=error.target or None,
        FullyQualifiedErrorId=error.fq_error,
        InvocationInfo=invocation,
        ErrorDetails=ErrorDetails(Message=error.details) if error.details else None,
        PipelineIterationInfo=PSList([0] * (invocation.PipelineLength + 1)) if invocation else None,
    )
    record.serialize_extended_info = invocation is not None
    return record


def _exception(error: CommandError) -> NETException:
    exception = NETException(Message=error.message, HResult=-2146233088)
    exception.PSObject.type_names.insert(0, f"System.Management.Automation.{error.reason}")
    if error.parameter:
        exception.PSObject.adapted_properties.append(PSNoteProperty("ParameterName", value=error.parameter))
    return exception


def wrapped(error: CommandError) -> CommandError:
    """Return a terminating error as it stands on the error stream, where a command that was not found is wrapped."""
    if error.reason != "CommandNotFoundException":
        return error
    return replaced(error, reason="ParentContainsErrorRecordException")


def replaced(error: CommandError, **parts: Any) -> CommandError:
    """Return the error with other parts."""
    return CommandError(**{**vars(error), **parts})


def invocation(command: str, *, position: int, length: int) -> InvocationInfo:
    """Return where in a statement an error happened; bound parameters never travel."""
    is_function = command.endswith(FUNCTION_NOUNS)
    return InvocationInfo(
        BoundParameters=PSDict(),
        CommandOrigin=CommandOrigin.Runspace,
        ExpectingInput=position > 1,
        HistoryId=1,
        InvocationName=command,
        Line="",
        MyCommand=CommandDescription(
            Name=command,
            CommandType=CommandTypes.Function if is_function else CommandTypes.Cmdlet,
            Definition=command,
            Visibility=SessionStateEntryVisibility.Public,
        ),
        OffsetInLine=0,
        PipelineLength=length,
        PipelinePosition=position,
        PositionMessage="",
        PSCommandPath="",
        PSScriptRoot="",
        ScriptLineNumber=0,
        ScriptName="",
        UnboundArguments=PSList(),
    )


def not_recognized(name: str) -> CommandError:
    """Refuse a command that the endpoint does not show."""
    return CommandError(
        f"The term '{name}' is not recognized as the name of a cmdlet, function, script file, or operable program. "
        "Check the spelling of the name, or if a path was included, verify that the path is correct and try again.",
        "CommandNotFoundException",
        category=ErrorCategory.ObjectNotFound,
        reason="CommandNotFoundException",
        target=name,
        terminating=True,
        activity="",
    )


def script_not_allowed(text: str) -> CommandError:
    """Refuse script text."""
    return CommandError(
        "The syntax is not supported by this runspace. This can occur if the runspace is in no-language mode.",
        "ScriptsNotAllowed",
        category=ErrorCategory.ParserError,
        reason="ParseException",
        target=text,
        terminating=True,
        activity="",
    )


def parameter_not_found(command: str, parameter: str) -> CommandError:
    """Refuse a parameter that the endpoint does not show."""
    return CommandError(
        f"A parameter cannot be found that matches parameter name '{parameter}'.",
        f"NamedParameterNotFound,{full_name(command)}",
        category=ErrorCategory.InvalidArgument,
        reason="ParameterBindingException",
        terminating=True,
        parameter=parameter,
        activity=command,
    )


def argument_refused(command: str, parameter: str, value: Any) -> CommandError:
    """Refuse an argument outside the allowed values."""
    return CommandError(
        f"Cannot validate argument on parameter '{parameter}'. The argument \"{value}\" does not belong to the set "
        "or match the pattern that the endpoint allows.",
        f"ParameterArgumentValidationError,{full_name(command)}",
        category=ErrorCategory.InvalidData,
        reason="ParameterBindingValidationException",
        terminating=True,
        parameter=parameter,
        activity=command,
    )


def positional_not_found(command: str, value: Any) -> CommandError:
    """Refuse an argument without a parameter's name."""
    return CommandError(
        f"A positional parameter cannot be found that accepts argument '{value}'.",
        f"PositionalParameterNotFound,{full_name(command)}",
        category=ErrorCategory.InvalidArgument,
        reason="ParameterBindingException",
        terminating=True,
        activity=command,
    )


def argument_of_other_type(command: str, parameter: str, value: Any) -> CommandError:
    """Refuse an argument that cannot become what the parameter takes."""
    return CommandError(
        f"Cannot process argument transformation on parameter '{parameter}'. Cannot convert value \"{value}\".",
        f"ParameterArgumentTransformationError,{full_name(command)}",
        category=ErrorCategory.InvalidData,
        reason="ParameterBindingArgumentTransformationException",
        terminating=True,
        parameter=parameter,
        activity=command,
    )


def parameter_twice(parameter: str) -> CommandError:
    """Give up on a command of which a role file lists a common parameter; the record names nothing."""
    return CommandError(
        f"A parameter with the name '{parameter}' was defined multiple times for the command.",
        "ParameterNameAlreadyExistsForCommand",
        category=ErrorCategory.MetadataError,
        reason="MetadataException",
        terminating=True,
        activity="",
    )


def input_not_bound(command: str) -> CommandError:
    """Say that a limited command lacks the parameter for its input."""
    return CommandError(
        "The input object cannot be bound to any parameters for the command either because the command does not take "
        "pipeline input or the input and its properties do not match any of the parameters that take pipeline input.",
        f"InputObjectNotBound,{command}",
        category=ErrorCategory.InvalidArgument,
        reason="ParameterBindingException",
        activity=command,
    )


def provider_not_found(provider: str, command: str) -> CommandError:
    """Say that the endpoint does not show a provider."""
    return CommandError(
        f"Cannot find a provider with the name '{provider}'.",
        f"ProviderNotFound,{full_name(command)}",
        category=ErrorCategory.ObjectNotFound,
        reason="ProviderNotFoundException",
        target=provider,
    )


CLASSES = {
    "Get-CimInstance": "Microsoft.Management.Infrastructure.CimCmdlets.GetCimInstanceCommand",
    "Get-ItemProperty": "Microsoft.PowerShell.Commands.GetItemPropertyCommand",
    "Get-Item": "Microsoft.PowerShell.Commands.GetItemCommand",
    "Get-Date": "Microsoft.PowerShell.Commands.GetDateCommand",
    "Get-WinEvent": "Microsoft.PowerShell.Commands.GetWinEventCommand",
    "Invoke-WebRequest": "Microsoft.PowerShell.Commands.InvokeWebRequestCommand",
    "Resolve-DnsName": "Microsoft.DnsClient.Commands.ResolveDnsName",
    "Select-Object": "Microsoft.PowerShell.Commands.SelectObjectCommand",
    "ForEach-Object": "Microsoft.PowerShell.Commands.ForEachObjectCommand",
    "Test-ComputerSecureChannel": "Microsoft.PowerShell.Commands.TestComputerSecureChannelCommand",
}


def full_name(command: str) -> str:
    """Return the name that ends a FullyQualifiedErrorId: the class of a cmdlet, the name of a function."""
    return CLASSES.get(command, command)


# Message and identifier of a denied command; None = the service's words with the cmdlet's identifier.
DENIED: dict[str, tuple[str, str]] = {
    "Get-CimInstance": ("Access denied ", "HRESULT 0x80041003"),
    "Get-ItemProperty": ("Requested registry access is not allowed.", "System.Security.SecurityException"),
    "Get-WinEvent": ("Attempted to perform an unauthorized operation.", "System.UnauthorizedAccessException"),
    "Get-MpPreference": ("Access denied ", "HRESULT 0x80041003"),
    "Get-MpComputerStatus": ("Access denied ", "HRESULT 0x80041003"),
    "Set-MpPreference": (
        "You don't have enough permissions to perform the requested operation.",
        "HRESULT 0xc0000142",
    ),
}


def access_denied(command: str) -> CommandError:
    """Return the error of a command that the account may not run."""
    message, identifier = DENIED.get(command, ("Access is denied.", "UnauthorizedAccess"))
    return CommandError(
        message,
        f"{identifier},{full_name(command)}",
        category=ErrorCategory.PermissionDenied,
        reason="CimException" if identifier.startswith("HRESULT") else "UnauthorizedAccessException",
    )


def path_not_found(path: str, command: str, message: str) -> CommandError:
    """Return the error of a registry key or file that does not exist."""
    return CommandError(
        message.format(path=path),
        f"PathNotFound,{full_name(command)}",
        category=ErrorCategory.ObjectNotFound,
        reason="ItemNotFoundException",
        target=path,
    )


def defender_error(code: str, command: str, message: str) -> CommandError:
    """Return the error of a Defender cmdlet with that HRESULT ("0x800106ba")."""
    noun = command.partition("-")[2]
    return CommandError(
        message,
        f"HRESULT {code},{command}",
        target=f"MSFT_{noun}",
        target_type=rf"ROOT\Microsoft\...\MSFT_{noun}",
    )


def native_errors(lines: Sequence[str]) -> list[CommandError]:
    """Return the records that the error lines of a program become."""
    return [
        CommandError(
            line,
            "NativeCommandErrorMessage" if number else "NativeCommandError",
            reason="RemoteException",
            target="" if number else line,
            activity="",
        )
        for number, line in enumerate(lines)
    ]
