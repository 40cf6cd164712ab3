"""The planner's tasks: coverage, gaps, service matrix, compliance, accessibility, the assessment."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.answers import JSON, answer, plain
from api.conditional import none_match, weak_tag
from api.planning import Basis, Grounds
from api.planning_answers import (
    Body,
    access_answer,
    access_of,
    access_parameters,
    assessment_answer,
    compliance_answer,
    coverage_answer,
    gaps_answer,
    matrix_answer,
    rulesets_answer,
)
from api.planning_parameters import (
    AccessParameters,
    Asked,
    ComplianceParameters,
    FormParameters,
    GapsParameters,
    MatrixParameters,
    StandardParameters,
    as_standard,
)
from api.planning_tables import (
    access_file,
    assessment_file,
    compliance_file,
    coverage_file,
    gaps_file,
    matrix_file,
)
from api.service import FormatDep, Service, ServiceDep
from api.table_files import MEDIA_TYPES, TableFile, table_bytes
from geo.assessment import Assessment
from geo.rule_sets import rule_set, shipped_rule_sets
from geo.standard import Standard
from geo.store.snapshot import Snapshot

router = APIRouter(prefix="/api", tags=["Planning"])

_FORMS: dict[int | str, dict[str, Any]] = {
    200: {"content": {media.partition(";")[0]: {} for media in MEDIA_TYPES.values()}}
}


@router.get("/coverage", summary="Who is covered", operation_id="coverage", responses=_FORMS)
async def coverage(
    request: Request, wanted: Annotated[StandardParameters, Query()], service: ServiceDep
) -> Response:
    """Demand covered under a standard: in total, by street and by window."""
    standard = wanted.standard(service.settings.timezone, service.today())
    task = _Task(request, service, "coverage", wanted, (standard,))

    def file(grounds: Grounds, snapshot: Snapshot) -> TableFile:
        return coverage_file(grounds, task.assessment(snapshot, standard))

    return await task.reply(lambda grounds, _: coverage_answer(grounds, standard), file)


@router.get("/gaps", summary="Gaps in the service", operation_id="gaps", responses=_FORMS)
async def gaps(request: Request, wanted: Annotated[GapsParameters, Query()], service: ServiceDep) -> Response:
    """Where unserved demand lies, when, for which groups, why, for lack of what, and what to do first."""
    standard = wanted.standard(service.settings.timezone, service.today())
    task = _Task(request, service, "gaps", wanted, (standard, wanted.top))

    def body(grounds: Grounds, snapshot: Snapshot) -> Body:
        return gaps_answer(grounds, task.assessment(snapshot, standard), wanted.top)

    def file(grounds: Grounds, snapshot: Snapshot) -> TableFile:
        return gaps_file(grounds, task.assessment(snapshot, standard), wanted.top)

    return await task.reply(body, file)


@router.get("/service-matrix", summary="Service matrix", operation_id="serviceMatrix", responses=_FORMS)
async def service_matrix(
    request: Request, wanted: Annotated[MatrixParameters, Query()], service: ServiceDep
) -> Response:
    """Which station, or which street, offers which service in the time asked for."""
    standard = wanted.standard(service.settings.timezone, service.today())
    task = _Task(request, service, "service-matrix", wanted, (standard, wanted.by))
    return await task.reply(
        lambda grounds, _: matrix_answer(grounds, standard, wanted.by),
        lambda grounds, _: matrix_file(grounds, standard, wanted.by),
    )


@router.get("/compliance", summary="Compliance with a rule set", operation_id="compliance", responses=_FORMS)
async def compliance(
    request: Request, wanted: Annotated[ComplianceParameters, Query()], service: ServiceDep
) -> Response:
    """Pass, fail or unknown for each serving station and rule, with completeness beside compliance."""
    rules = rule_set(wanted.ruleset)
    standard = as_standard(Asked(week=wanted.week), service.settings.timezone, service.today())
    task = _Task(request, service, "compliance", wanted, (standard, rules.id))

    def body(grounds: Grounds, snapshot: Snapshot) -> Body:
        judged = task.assessment(snapshot, standard).compliance
        chosen = next(result for result in judged if result.rule_set.id == rules.id)
        return compliance_answer(grounds, chosen, standard)

    def file(grounds: Grounds, snapshot: Snapshot) -> TableFile:
        return compliance_file(grounds, task.assessment(snapshot, standard), rules.id)

    return await task.reply(body, file)


@router.get("/accessibility", summary="Access to seats", operation_id="accessibility", responses=_FORMS)
async def accessibility(
    request: Request, wanted: Annotated[AccessParameters, Query()], service: ServiceDep
) -> Response:
    """Seats within reach per demand on duty (floating catchments, gravity), and how evenly they lie."""
    standard = wanted.standard(service.settings.timezone, service.today())
    question = wanted.question()
    task = _Task(request, service, "accessibility", wanted, (standard, question, wanted.by))

    def body(grounds: Grounds, _: Snapshot) -> Body:
        return access_answer(grounds, access_of(grounds, standard, question), standard, wanted.by)

    def file(grounds: Grounds, _: Snapshot) -> TableFile:
        found = access_of(grounds, standard, question)
        return access_file(grounds, found, standard, access_parameters(standard, question, wanted.by))

    return await task.reply(body, file)


@router.get("/assessment", summary="The thirteen metrics", operation_id="assessment", responses=_FORMS)
async def assessment(
    request: Request, wanted: Annotated[StandardParameters, Query()], service: ServiceDep
) -> Response:
    """Every metric with its figures, each with numerator, denominator, unit and benchmark."""
    standard = wanted.standard(service.settings.timezone, service.today())
    await service.count_reports()
    task = _Task(request, service, "assessment", wanted, (standard, service.planning.answered))
    return await task.reply(
        lambda grounds, snapshot: assessment_answer(grounds, task.assessment(snapshot, standard)),
        lambda grounds, snapshot: assessment_file(grounds, task.assessment(snapshot, standard)),
    )


@router.get("/rulesets", summary="Rule sets", operation_id="rulesets")
async def rulesets(_: FormatDep) -> Response:
    """Every rule set with its source, its date and its rules."""
    return plain(rulesets_answer(shipped_rule_sets().values()))


class _Task:
    """One question under way: its tag, and its answer in the form asked for, kept under what was asked."""

    def __init__(
        self,
        request: Request,
        service: Service,
        name: str,
        wanted: FormParameters,
        asked: tuple[Hashable, ...],
    ) -> None:
        self._request, self._service, self._name, self._form = request, service, name, wanted.f
        self._basis: Basis | None = getattr(wanted, "demand_basis", None)
        self._today = service.today()
        self._asked = (name, self._form, self._today, self._basis, *asked)

    def assessment(self, snapshot: Snapshot, standard: Standard) -> Assessment:
        """Return the assessment the answer is read from."""
        return self._service.planning.assessment(snapshot, standard, self._today, self._basis)

    async def reply(
        self,
        body: Callable[[Grounds, Snapshot], Body],
        file: Callable[[Grounds, Snapshot], TableFile],
    ) -> Response:
        """Return the answer: 304 without any work where the client's copy is still good."""
        view = await self._service.view()
        snapshot, form = view.snapshot, self._form

        def work(grounds: Grounds) -> bytes:
            if form == "json":
                return orjson.dumps(body(grounds, snapshot))
            return table_bytes(file(grounds, snapshot), form)

        tag = weak_tag(view.stamp, *self._asked)
        media = MEDIA_TYPES.get(form, JSON)
        if none_match(self._request.headers.get("if-none-match"), tag):
            return answer(self._request, b"", tag, media)
        found = await self._service.analyse(snapshot, self._asked, work, self._basis)
        response = answer(self._request, found, tag, media)
        if form not in ("json", "geojson"):
            response.headers["Content-Disposition"] = f'attachment; filename="{self._name}.{form}"'
        return response
