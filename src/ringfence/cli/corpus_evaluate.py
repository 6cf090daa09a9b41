"""ringfence corpus evaluate: how well a corpus is searched and answered."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from ..api.corpus import open_corpus
from ..api.corpus_evaluation import CorpusEvaluation, EvaluationTerms, draft_questions, evaluate_corpus
from ..contracts import ModelOptions
from ..errors import InputError
from ..evaluation.check_errors import CheckErrors
from ..evaluation.questions import read_questions
from ..evaluation.statistics import Proportion
from ..files import write_whole
from ..runs import require_output
from .ask import answer_task
from .console import PlainTable, RunProgressBar, bar, data, note, opened, pulling
from .options import json_option, model_options, reranker_option, view_options

__all__ = ["command", "draft_command"]


@click.command("evaluate")
@click.argument("name")
@click.option("--gold", required=True, type=click.Path(path_type=Path), help="Gold questions (JSONL).")
@click.option("--out", type=click.Path(path_type=Path), help="The run folder of the answers; omit it to search only.")
@click.option("--task", "task_file", type=click.Path(path_type=Path), help="A task file of the kind answer.")
@click.option("--bar", type=click.FloatRange(0, 1), help="The share of questions that must be handled, for a verdict.")
@click.option(
    "--fit", type=click.FloatRange(0, 0.9), default=0.0,
    help="Choose the bounds of the task on this share of the questions; the figures use only the others.",
)  # fmt: skip
@click.option("--seed", type=int, default=0, show_default=True, help="Which questions --fit takes.")
@view_options[0]
@view_options[1]
@reranker_option
@model_options
@json_option
def command(
    *, name: str, gold: Path, out: Path | None, task_file: Path | None, bar: float | None, fit: float, seed: int,
    corpus_version: int | None, groups: tuple[str, ...], reranker: str | None, model: ModelOptions, as_json: bool,
) -> int:  # fmt: skip
    """Evaluate the corpus NAME on gold questions: search, and with --out the answers and their citations.

    A gold line has id, question, answers (none: the documents do not answer it), and where known documents (ids),
    pages and sentences. Other columns slice the figures. Where gold has sentences, the check of claims is measured on
    them too: with their own passage, another one, a number changed, negated. Exit code 1: the bar is not reached.
    """
    if (bar is not None or fit) and out is None:
        raise InputError("A bar and bounds need answers.", "Give --out FOLDER for them.")
    questions, task = read_questions(gold), answer_task(task_file)
    with pulling() as listener:
        view = open_corpus(name, version=corpus_version, groups=groups, reranker=reranker, listener=listener)
    if out is None:
        evaluation = evaluate_corpus(view, gold)
    else:
        try:
            with opened(model) as loaded, RunProgressBar(len(questions), ()) as bars:
                terms = EvaluationTerms(task, bar, fit, seed)
                evaluation = evaluate_corpus(
                    view, gold, model=loaded, out=out, terms=terms, on_event=bars.update, on_pair=bars.another("checks")
                )
        except KeyboardInterrupt:
            note(f"Interrupted. Finished answers are kept in {out}; the same command continues.")
            return 130
    if as_json:
        click.echo(json.dumps(evaluation.as_json(), ensure_ascii=False))
    else:
        _print(evaluation)
    return 1 if evaluation.verdict and evaluation.verdict.word != "PASS" else 0


@click.command("draft")
@click.argument("name")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The file of drafts (JSONL).")
@click.option("--count", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many questions.")
@view_options[0]
@view_options[1]
@model_options
def draft_command(
    *, name: str, out: Path, count: int, corpus_version: int | None, groups: tuple[str, ...], model: ModelOptions
) -> int:
    """Draft questions about NAME for a person to confirm; they are no gold until then.

    Each line has a question and the passage that should answer it. Correct it, shorten `answers` to the answer, set
    `draft` to false, or delete the line; and add questions that the documents do not answer.
    """
    require_output(out)
    view = open_corpus(name, version=corpus_version, groups=groups)
    with opened(model) as loaded, bar("questions") as progress:
        drafts = draft_questions(view, loaded, count, progress)
    lines = [json.dumps(draft.model_dump(), ensure_ascii=False) for draft in drafts]
    write_whole(out, "\n".join(lines) + "\n", private=True)
    note(f"Wrote {len(drafts)} drafts to {out}. Confirm each, then: ringfence corpus evaluate {name} --gold {out}")
    return 0


def _print(evaluation: CorpusEvaluation) -> None:
    retrieval = evaluation.retrieval
    note(f"Search, {retrieval.questions} answerable questions with a gold place (95 % intervals):")
    table = PlainTable("stage", "recall@1", "recall@5", "nDCG@10", "MRR")
    for stage in retrieval.stages:
        figures = (stage.recall[1], stage.recall[5], stage.ndcg, stage.mrr)
        table.add_row(stage.stage, *(f"{one.value:.3f}\n{one.low:.3f} to {one.high:.3f}" for one in figures))
    data.print(table)
    if retrieval.gain:
        gain = retrieval.gain
        note(f"nDCG@10 reranked less fused, paired: {gain.value:+.3f} ({gain.low:+.3f} to {gain.high:+.3f}).")
    note(f"Time of a search: median {retrieval.median_seconds:.3f} s, 95 % within {retrieval.p95_seconds:.3f} s.")
    answers = evaluation.answers
    if answers is None:
        return
    rows = PlainTable("answers", "share", "95 %", "n")
    for title, share in (
        ("handled (right, or refused rightly)", answers.handled),
        ("answerable: right", answers.right),
        ("answerable: wrong", answers.wrong),
        ("answerable: refused", answers.refused_wrongly),
        ("unanswerable: refused", answers.refused_rightly),
        ("claims without support in gold", answers.unsupported),
        ("citations of a gold place", answers.precise),
        ("answered with a gold place", answers.cited),
    ):
        rows.add_row(title, *_cells(share))
    data.print(rows)
    for title, values in answers.slices.items():
        sliced = PlainTable(title, "handled", "95 %", "n")
        for value, share in values.items():
            sliced.add_row(value, *_cells(share))
        data.print(sliced)
    if evaluation.check:
        _print_check(evaluation.check)
    if bounds := evaluation.bounds:
        note(
            f"Bounds chosen on {bounds.questions} other questions, of which they handle {bounds.handled}. "
            "Put them into the task file:"
        )
        note(f"answerable: {bounds.answerable:g}\nrelevance: {bounds.relevance:g}\nsupport: {bounds.support:g}")
    if answers.failed:
        note(f"{answers.failed} questions failed.")
    if evaluation.verdict:
        note(f"Verdict: {evaluation.verdict.word}.")


def _print_check(check: Sequence[CheckErrors]) -> None:
    """Print how many pairs of claim and passage pass the check: those that should, and those that should not."""
    table = PlainTable("claim with", "should pass", "by code", "by meaning", "both", "n")
    for row in check:
        shares = (f"{share.share:.2f}\n{low:.2f} to {high:.2f}" for share, (low, high) in _intervals(row))
        table.add_row(row.kind, "yes" if row.supported else "no", *shares, str(row.both.total))
    note("The check of claims on gold sentences: the share that passes (95 % intervals).")
    data.print(table)


def _intervals(row: CheckErrors) -> Iterator[tuple[Proportion, tuple[float, float]]]:
    for share in (row.code, row.meaning, row.both):
        yield share, share.interval()


def _cells(share: Proportion) -> tuple[str, str, str]:
    if not share.total:
        return "-", "", "0"
    low, high = share.interval()
    return f"{share.share:.3f}", f"{low:.3f} to {high:.3f}", str(share.total)
