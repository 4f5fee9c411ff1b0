"""The commands and their options. Nothing heavy is imported before a command runs, so that --help answers at once."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from diffcheck._version import __version__
from diffcheck.errors import DiffcheckError

app = typer.Typer(
    name="diffcheck",
    help="Is this gradient right, how accurate is it, and how fast could it be?",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

Subject = Annotated[str, typer.Argument(help="A problem of the catalogue, a file with a program, or - for standard input.")]
ProblemName = Annotated[str, typer.Argument(help="A problem of the catalogue; `diffcheck list` names them.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs to read.")]
Seed = Annotated[int, typer.Option(help="The seed of the drawn point.")]
Device = Annotated[str, typer.Option(help="cpu or cuda.")]


def main() -> None:
    """Run the command line; a refusal is printed as one message, with exit code 2."""
    try:
        app()
    except DiffcheckError as error:
        print(f"diffcheck: {type(error).__name__}: {error}", file=sys.stderr)
        sys.exit(2)


def _version(asked: bool) -> None:
    if asked:
        print(f"diffcheck {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")] = False,
) -> None:
    """Is this gradient right, how accurate is it, and how fast could it be?"""


@app.command("list")
def list_(json: Json = False) -> None:
    """List the problems, the engines, the laws, the planted faults, and the operators of the atlas."""
    from diffcheck.cli.listing import show_catalogue

    show_catalogue(json)


@app.command()
def derive(
    subject: Subject,
    wrt: Annotated[str, typer.Option(help="What to derive by, separated by commas; the parameters if left out.")] = "",
    form: Annotated[str, typer.Option("--format", help="program, closed, latex or mathml.")] = "program",
) -> None:
    """Print the exact gradient of a program, as a program or as one formula a parameter."""
    from diffcheck.cli.listing import show_gradient

    show_gradient(subject, wrt, form)


@app.command()
def generate(
    subject: Subject,
    target: Annotated[str, typer.Option(help="torch or numpy.")] = "torch",
    wrt: Annotated[str, typer.Option(help="What to derive by, separated by commas; the parameters if left out.")] = "",
) -> None:
    """Print the source of the manual gradient functions."""
    from diffcheck.cli.listing import show_source

    show_source(subject, target, wrt)


@app.command()
def verify(
    problem: ProblemName,
    engine: Annotated[str, typer.Option(help="An engine, or all.")] = "all",
    dtype: Annotated[str, typer.Option(help="float64, float32, float16, bfloat16, or all.")] = "all",
    device: Device = "cpu",
    seed: Seed = 0,
    laws: Annotated[
        bool, typer.Option("--laws", help="Check every law, not only the agreement with the exact gradient.")
    ] = False,
    json: Json = False,
) -> None:
    """Compare engines with the exact gradient; exit with 1 if one is wrong."""
    from diffcheck.cli.verifying import verify_problem

    raise typer.Exit(verify_problem(problem, engine, dtype, device, seed, laws, json))


@app.command()
def calibrate(
    cases: Annotated[
        int | None, typer.Option(min=1, help="How many networks to draw, 1,000 if left out; or points of each operator, 500.")
    ] = None,
    operators: Annotated[
        bool,
        typer.Option("--operators", help="Derivatives of the atlas's operators in the place of networks, beside gradcheck."),
    ] = False,
    out: Annotated[Path | None, typer.Option(help="With --operators, the folder for gradcheck.json.")] = None,
    seed: Annotated[int, typer.Option(help="The seed of the first network; the next has the next one.")] = 0,
    jobs: Annotated[int | None, typer.Option(min=1, help="Processes; one a core if left out.")] = None,
    json: Json = False,
) -> None:
    """Check networks that are right, and the same with a small fault; exit with 1 at a false alarm or a miss.

    A thousand networks take an hour on a core.
    """
    from diffcheck.cli.calibrating import calibrate_checks
    from diffcheck.cli.counting import count_plants

    if operators:
        raise typer.Exit(count_plants(cases or 500, seed, jobs, out, json))
    raise typer.Exit(calibrate_checks(cases or 1000, seed, jobs, json))


@app.command()
def conformance(
    op: Annotated[
        list[str] | None, typer.Option(help="An operator or a group, as in mul or linalg; repeatable. All if left out.")
    ] = None,
    samples: Annotated[int, typer.Option(min=1, help="The most samples to try of each operator.")] = 8,
    per_operator: Annotated[float, typer.Option(min=0.1, help="Seconds for one operator.")] = 10.0,
    budget: Annotated[float, typer.Option(min=0.0, help="Seconds for all; after them no operator is begun.")] = 1800.0,
    dtype: Annotated[str, typer.Option(help="float64, float32, float16 or bfloat16.")] = "float64",
    device: Device = "cpu",
    jobs: Annotated[int | None, typer.Option(min=1, help="Processes; one a core if left out.")] = None,
    seed: Annotated[int, typer.Option(help="The seed before the samples of each operator are drawn.")] = 0,
    out: Annotated[Path, typer.Option(help="The folder for conformance.json, conformance.md and index.html.")] = Path(
        "conformance"
    ),
    resume: Annotated[bool, typer.Option("--resume", help="Go on from what an ended walk finished in this folder.")] = False,
) -> None:
    """Check the gradient of every operator in PyTorch's own test database, on its own sample inputs.

    Exit codes: 0 when all operators were tried, whatever was found; 1 when diffcheck itself crashed on one; 2 when the call
    was refused; 3 when the budget was over before all were tried: --resume goes on.
    """
    from diffcheck.cli.conforming import walk_operators
    from diffcheck.conformance.settings import Settings

    settings = Settings(dtype, device, samples, per_operator, seed)
    raise typer.Exit(walk_operators(op or [], settings, budget=budget, jobs=jobs, output=out, resume=resume))


@app.command()
def atlas(
    op: Annotated[
        list[str] | None,
        typer.Option(help="An operator, with its parameters or all of them, or module:function; repeatable. All if left out."),
    ] = None,
    dtype: Annotated[
        list[str] | None, typer.Option(help="float64, float32, float16 or bfloat16; repeatable. All if left out.")
    ] = None,
    order: Annotated[
        list[int] | None,
        typer.Option(min=1, max=2, help="1 for first derivatives, 2 for second ones; repeatable. 1 if left out."),
    ] = None,
    device: Device = "cpu",
    jobs: Annotated[int | None, typer.Option(min=1, help="Processes; one a core if left out.")] = None,
    limit: Annotated[float, typer.Option(min=1.0, help="Seconds for one operator in one dtype.")] = 600.0,
    executor: Annotated[
        str, typer.Option(help="Who measures: a Dask scheduler's address, or module:function that returns an Executor.")
    ] = "",
    seed: Annotated[int, typer.Option(help="The seed of the points that are drawn.")] = 0,
    out: Annotated[Path, typer.Option(help="The folder for atlas.sqlite and pages, where a run goes on.")] = Path("atlas"),
    diff: Annotated[
        tuple[Path, Path] | None,
        typer.Option(help="Two folders, databases or atlas.json: print where they differ, all or as options say."),
    ] = None,
    json: Json = False,
) -> None:
    """Measure PyTorch's derivatives of pointwise operators, in ULP along the number line, beside generated code.

    Exit codes: 0 when all was measured that PyTorch has a derivative for, whatever was found; 1 when an operator crashed a
    process, took too long, or is none that diffcheck can measure; 2 when the call was refused.
    """
    from diffcheck.cli.comparing import compare_atlases
    from diffcheck.cli.mapping import Wanted, map_operators

    if diff is not None:
        raise typer.Exit(compare_atlases(*diff, tuple(op or ()), tuple(dtype or ()), tuple(order or ()), json))
    wanted = Wanted(tuple(op or ()), tuple(dtype or ()), tuple(order or (1,)), device, seed)
    raise typer.Exit(map_operators(wanted, jobs=jobs, limit=limit, executor=executor, output=out, json=json))


@app.command()
def train(
    problem: ProblemName,
    engine: Annotated[str, typer.Option(help="Who computes the gradient in the manual loop.")] = "generated",
    loop: Annotated[str, typer.Option(help="manual, autograd, optimizer, or all.")] = "all",
    epochs: Annotated[int, typer.Option(help="How many steps to take.")] = 5000,
    lr: Annotated[float, typer.Option(help="The learning rate.")] = 1e-2,
    scale: Annotated[list[str] | None, typer.Option(help="NAME=FACTOR: multiply an input, as in x=0.1; repeatable.")] = None,
    dtype: Annotated[str, typer.Option(help="The dtype to train in.")] = "float64",
    device: Device = "cpu",
    seed: Seed = 0,
    json: Json = False,
) -> None:
    """Train with the article's loops; exit with 1 if a run diverges."""
    from diffcheck.cli.training import train_problem

    raise typer.Exit(train_problem(problem, engine, loop, epochs, lr, scale or [], dtype, device, seed, json))


@app.command()
def bench(
    problem: ProblemName = "thermometer",
    what: Annotated[str, typer.Option(help="gradient, epoch, or check: diffcheck beside gradcheck.")] = "gradient",
    sizes: Annotated[str, typer.Option(help="Numbers of examples, separated by commas.")] = "11,1000,100000",
    extents: Annotated[str, typer.Option(help="Sizes of other extents, as in d=64,h=64.")] = "",
    dtype: Annotated[str, typer.Option(help="The dtype to compute in.")] = "float32",
    device: Device = "cpu",
    rounds: Annotated[int, typer.Option(help="How many rounds of turn-and-turn-about.")] = 15,
    threads: Annotated[int, typer.Option(help="PyTorch's threads.")] = 1,
    json: Json = False,
) -> None:
    """Time every engine beside eager autograd, each only after its value passed the check."""
    from diffcheck.cli.benching import bench_problem

    bench_problem(problem, what, sizes, extents, dtype, device, rounds, threads, json)


@app.command()
def report(
    results: Annotated[Path, typer.Argument(help="Stored results, as `diffcheck run` writes them.")] = Path(
        "reports/results.json"
    ),
    output: Annotated[Path, typer.Option(help="The folder to write index.html to.")] = Path("reports"),
    timings: Annotated[list[Path] | None, typer.Option(help="JSON of pytest-benchmark to add; repeatable.")] = None,
) -> None:
    """Draw the HTML page from stored results; nothing is measured."""
    from diffcheck.cli.running import draw_report

    draw_report(results, output, timings or [])


@app.command()
def run(
    output: Annotated[Path, typer.Option(help="The folder for results.json and index.html.")] = Path("reports"),
    quick: Annotated[
        bool, typer.Option("--quick", help="Small sizes and few rounds: a try of everything in one to four minutes.")
    ] = False,
    seed: Seed = 0,
) -> None:
    """Derive, verify, train, time and report everything; exit with 1 if an engine is wrong or a fault goes uncaught."""
    from diffcheck.cli.running import run_all

    raise typer.Exit(run_all(output, quick=quick, seed=seed))
