"""Words in, exit code out. Nothing heavy is imported before the words are understood."""

from __future__ import annotations

from typing import Any

import click

from parity import __version__, shelf
from parity.errors import BROKEN, INTERRUPTED, ParityError

_EPILOG = """\b
Exit codes: 0 each case came out as it expects · 1 a divergence that was not
expected, or an expected one that did not come · 2 wrong usage · 3 inconclusive
· 4 a side failed. Of several cases, the highest counts.
"""


class _Group(click.Group):
    """Turns every error of parity's own into its message and exit code."""

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except ParityError as error:
            click.echo(f"{click.style('error:', fg='red', bold=True)} {error}", err=True)
            context.exit(error.exit_code)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except KeyboardInterrupt:  # or click would leave with the code that means divergence
            click.echo("interrupted", err=True)
            context.exit(INTERRUPTED)
        except Exception as error:  # noqa: BLE001 - or it would leave with the code that means divergence
            import traceback

            told = "".join(traceback.format_exception(error)[-3:]).rstrip()
            click.echo(
                f"{click.style('parity itself failed:', fg='red', bold=True)} please report this\n{told}", err=True
            )
            context.exit(BROKEN)


@click.group(cls=_Group, epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="parity")
def main() -> None:
    """Are two implementations of a network, in Keras and in PyTorch, the same function?

    And if they are, weights are carried from one to the other.
    """


for command in shelf.read("parity.commands", "COMMAND").values():
    main.add_command(command)
