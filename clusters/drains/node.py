"""Drain of one node: its pods are evicted at once, tried again as their budgets allow it, and waited for."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from clusters.actions.change import ActionObject
from clusters.actions.deletion import DeletionOptions, delete
from clusters.actions.eviction import evict, find_blocking_budget
from clusters.api.errors import (
    ApiError,
    Busy,
    Conflict,
    Forbidden,
    NotFound,
    TooManyRequests,
    Unauthorized,
)
from clusters.discovery import Resource
from clusters.drains import items as pod_items
from clusters.drains.budgets import list_budgets, read_budget_name, summarize_budget
from clusters.drains.items import OPEN_STATES, TO_SEND, describe_pod, make_item
from clusters.drains.options import DrainOptions
from clusters.drains.pacing import Bucket, Pacing, name_blocker
from clusters.drains.plan import NodePlan, PlannedPod, Planner, build_check
from clusters.drains.pods import Metadata, list_metadata
from clusters.drains.timings import DrainTimings
from clusters.gateway.connect import DeniedByRole
from clusters.models import OperationItem, OperationState
from clusters.operations.job import End, Job, JobEnded
from people.audit.record import AuditTrailUnavailable

NAMESPACE_TERMINATING = "NamespaceTerminating"  # the cause of a 403 while its namespace is being deleted
MAX_MESSAGES = 10  # of pods that failed, repeated for the node


class PermissionEnded(Exception):
    """An access review denies what would be sent: nothing was."""


@dataclass
class NodeProgress:
    """What a page shows of one node. `notice` is what is wrong at the moment, `errors` what ended it."""

    name: str
    state: str = "pending"  # cordoned, draining, drained, failed
    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    notice: str = ""


class NodeDrain:
    """One node of a running drain; in the loop of operations."""

    def __init__(
        self,
        job: Job,
        progress: NodeProgress,
        items: Sequence[OperationItem],
        *,
        pods: Resource,
        options: DrainOptions,
        timings: DrainTimings,
        budgets: dict[str, dict[str, Any]],
        bucket: Bucket,
    ) -> None:
        """`items` are those of an earlier run; `budgets` is what the page shows of them, by namespace and name.
        `bucket` is that of the whole drain."""
        self.items = list(items)
        self._job, self._progress, self._pods = job, progress, pods
        self._options, self._timings, self._budgets = options, timings, budgets
        self._due: dict[str, float] = {}  # uid -> when it can be sent
        self._sending: dict[str, asyncio.Task[None]] = {}
        self._budgets_due = 0.0
        self._bucket = bucket
        self._pacing = Pacing(budgets, timings.retry)

    async def run(self) -> None:
        """Until all its pods are gone, stay, or failed. Raises JobEnded."""
        self._progress.state, self._progress.errors = "draining", []
        self._job.change()
        try:
            planner = Planner(self._job.cluster_session, self._options)
            plan = await self._job.call(planner.plan, self._progress.name)
        except ApiError as error:
            self._fail([str(error)])
            return
        self._progress.warnings = list(plan.warnings)
        if plan.errors:
            self._fail(list(plan.errors))
            return
        self._take_plan(plan)
        await self._job.save()
        try:
            if await self._delete_all() if self._options.disable_eviction else True:
                await self._run_to_end()
        finally:
            await self._end_sending()
        self._close()

    # --- the plan

    def _take_plan(self, plan: NodePlan) -> None:
        """Items of what is on the node now; those of an earlier run keep what is known of them."""
        known = {one.uid: one for one in self.items}
        for planned in plan.pods:
            item = known.pop(planned.pod.metadata.uid, None)
            if item is None:
                item = make_item(self._job.operation_id, self._progress.name, planned)
                self.items.append(item)
            self._begin(item, planned)
        for item in known.values():
            if item.state in OPEN_STATES:
                self._set(item, pod_items.GONE)
        self._job.change(*self.items)

    def _begin(self, item: OperationItem, planned: PlannedPod) -> None:
        item.detail = {**item.detail, **describe_pod(self._progress.name, planned)}
        item.message = ""
        for budget in planned.budgets:
            self._budgets[f"{budget.metadata.namespace}/{budget.metadata.name}"] = dict(
                summarize_budget(budget)
            )
        if planned.verdict.decision != "evict":
            item.state = pod_items.SKIPPED
            return
        # it shuts down already, and another eviction would change nothing unless it changes the grace period
        is_leaving = planned.pod.metadata.deletionTimestamp is not None
        item.state = pod_items.WAITING
        if is_leaving and self._options.grace_period is None and not self._options.disable_eviction:
            item.state = pod_items.TERMINATING
        self._due[item.uid] = 0.0
        if item.attempted_at is not None:
            since = (timezone.now() - item.attempted_at).total_seconds()
            self._due[item.uid] = time.monotonic() + max(0.0, self._timings.retry - since)

    # --- the loop

    async def _run_to_end(self) -> None:
        deadline = time.monotonic() + self._options.timeout if self._options.timeout else float("inf")
        while any(one.state in OPEN_STATES for one in self.items):
            if time.monotonic() >= deadline:
                self._time_out()
                return
            self._send_due()
            await self._job.pause(min(self._timings.poll, max(0.01, deadline - time.monotonic())))
            await self._look()

    def _send_due(self) -> None:
        if self._options.disable_eviction:
            return
        now = time.monotonic()
        due = [
            one
            for one in self.items
            if one.state in TO_SEND and one.uid not in self._sending and self._due[one.uid] <= now
        ]
        sending = {name_blocker(one) for one in self.items if one.uid in self._sending}
        chosen = self._pacing.choose(self._due, due, sending)
        for item in chosen[: self._bucket.spend(len(chosen))]:
            task = asyncio.create_task(self._evict(item))
            self._sending[item.uid] = task
            task.add_done_callback(partial(self._forget_sending, item.uid))

    def _forget_sending(self, uid: str, _task: asyncio.Task[None]) -> None:
        self._sending.pop(uid, None)

    async def _evict(self, item: OperationItem) -> None:
        with suppress(JobEnded):
            await self._send(item)

    async def _send(self, item: OperationItem) -> None:
        """One eviction, and what becomes of the pod by its answer, as kubectl takes it."""
        try:
            await self._job.call(self._send_now, item)
        except ApiError as error:
            self._take_error(item, error)
        except AuditTrailUnavailable:
            message = _("Not sent: the audit trail is not writable.")
            self._retry(item, pod_items.RETRYING, message, self._timings.retry)
        except (PermissionEnded, DeniedByRole) as error:
            self._retry(item, pod_items.WAITING, str(error), self._timings.retry)
            self._job.stop(End(OperationState.STOPPED, str(error)))
        else:
            self._set(item, pod_items.TERMINATING)

    def _take_error(self, item: OperationItem, error: ApiError) -> None:
        """What the API server's answer means for the pod; where there was none, the eviction is tried again."""
        is_going = any(one.reason == NAMESPACE_TERMINATING for one in error.causes)
        if isinstance(error, (NotFound, Conflict)):  # gone, or another pod has its name by now
            self._set(item, pod_items.GONE)
        elif isinstance(error, TooManyRequests):
            self._block(item, error)
        elif isinstance(error, Forbidden) and is_going:
            self._retry(item, pod_items.BLOCKED, str(error), self._timings.retry)
        elif isinstance(error, Unauthorized):
            self._retry(item, pod_items.RETRYING, str(error), self._timings.retry)
            self._job.stop(End(OperationState.STOPPED, _("The cluster rejected the credential.")))
        elif error.is_transient:
            pause = self._timings.busy if isinstance(error, Busy) else self._timings.retry
            self._retry(item, pod_items.RETRYING, str(error), pause)
        else:
            self._set(item, pod_items.FAILED, _describe_failure(item, error))

    def _send_now(self, item: OperationItem) -> None:
        """In a thread: the permission first, then the request, which is in the audit trail before it is sent."""
        check = build_check(item.namespace, self._options)
        cluster_session = self._job.cluster_session
        if cluster_session.review_access([check])[check].state == "denied":
            raise PermissionEnded(
                _("The permission to evict pods in namespace %(namespace)s is gone.")
                % {"namespace": item.namespace}
            )
        item.attempts += 1
        item.attempted_at = timezone.now()
        item.state = pod_items.SENT
        thing = ActionObject(self._pods, item.namespace, item.name, item.uid)
        try:
            if self._options.disable_eviction:
                options = DeletionOptions(item.uid, grace_seconds=self._options.grace_period)
                delete(self._pods, item.namespace, item.name, options).send(cluster_session)
            else:
                evict(thing, self._options.grace_period).send(cluster_session)
        finally:  # the pause begins with the answer, also of a refusal, and also for who resumes the drain
            item.attempted_at = timezone.now()

    def _block(self, item: OperationItem, error: TooManyRequests) -> None:
        """A budget does not allow it now. A Retry-After is honored where it is longer than the usual pause."""
        cause = find_blocking_budget(error)
        budget = read_budget_name(cause) or next(iter(item.detail.get("budgets", [])), "")
        item.detail = {**item.detail, "blocked_by": budget}
        message = " ".join(part for part in (error.message, cause) if part)
        self._retry(item, pod_items.BLOCKED, message, max(self._timings.retry, error.retry_after or 0.0))

    async def _delete_all(self) -> bool:
        """Delete one pod after the other, as kubectl does without evictions: the first error ends it; False then."""
        for item in self.items:
            if item.state in TO_SEND:
                while not self._bucket.spend(1):
                    await self._job.pause(1 / self._timings.rate)
                await self._send(item)
                self._job.require_open()
                if item.state in TO_SEND:
                    self._set(item, pod_items.FAILED, item.message)
                if item.state == pod_items.FAILED:
                    return False
        return True

    async def _look(self) -> None:
        """Which of the pods are gone."""
        try:
            present = await self._job.call(
                list_metadata, self._job.cluster_session.client, self._progress.name
            )
        except (Forbidden, Unauthorized) as error:
            self._job.stop(
                End(
                    OperationState.STOPPED,
                    _("The pods of the node cannot be listed: %(error)s") % {"error": error},
                )
            )
            raise JobEnded from None
        except ApiError as error:
            self._set_notice(_("The API server is not responding; retrying. %(error)s") % {"error": error})
            return
        self._set_notice("")
        for item in self.items:
            if item.state in OPEN_STATES and item.uid not in self._sending:
                self._follow(item, present.get(item.uid))
        await self._refresh_budgets()

    def _follow(self, item: OperationItem, found: Metadata | None) -> None:
        if found is None:
            self._set(item, pod_items.GONE)
            return
        limit, deleted = self._options.skip_wait_for_delete_timeout, found.deletionTimestamp
        if limit and deleted and int((datetime.now(UTC) - deleted).total_seconds()) > limit:
            message = f'pod "{item.name}" has DeletionTimestamp older than {limit} seconds, skipping'
            self._set(item, pod_items.SKIPPED, message)
        elif deleted and item.state in (pod_items.BLOCKED, pod_items.RETRYING):
            self._set(item, pod_items.TERMINATING)  # somebody else deleted it

    async def _refresh_budgets(self) -> None:
        """While pods are blocked, what their budgets allow, as often as evictions are tried."""
        blocked = [
            one for one in self.items if one.state == pod_items.BLOCKED and one.detail.get("blocked_by")
        ]
        if not blocked or time.monotonic() < self._budgets_due:
            return
        self._budgets_due = time.monotonic() + self._timings.retry
        names = {f"{one.namespace}/{one.detail['blocked_by']}" for one in blocked} | set(self._budgets)
        for namespace in sorted({one.namespace for one in blocked}):
            found = await self._job.call(list_budgets, self._job.cluster_session.client, namespace)
            present = {f"{namespace}/{one.metadata.name}": one for one in found.budgets}
            for key in names:
                if key in present:
                    self._budgets[key] = dict(summarize_budget(present[key]))
                elif key.startswith(f"{namespace}/"):
                    self._budgets.pop(key, None)  # gone, or not known: its pods are all tried
        self._job.change()

    # --- what is saved

    def _set(self, item: OperationItem, state: str, message: str = "") -> None:
        item.state, item.message = state, message
        self._job.change(item)

    def _retry(self, item: OperationItem, state: str, message: str, seconds: float) -> None:
        self._due[item.uid] = time.monotonic() + seconds
        self._set(item, state, message)

    def _set_notice(self, text: str) -> None:
        if self._progress.notice != text:
            self._progress.notice = text
            self._job.change()

    def _time_out(self) -> None:
        """In kubectl's words."""
        for item in self.items:
            if item.state == pod_items.TERMINATING:
                message = (
                    f'error when waiting for pod "{item.name}" in namespace "{item.namespace}" to terminate: '
                    f"global timeout reached: {format_duration(self._options.timeout)}"
                )
                self._set(item, pod_items.FAILED, message)
            elif item.state in OPEN_STATES:
                message = f"global timeout reached: {format_duration(self._options.timeout)}"
                self._set(item, pod_items.FAILED, _describe_failure(item, message))

    def _fail(self, errors: list[str]) -> None:
        self._progress.state, self._progress.errors = "failed", errors
        self._job.change()

    def _close(self) -> None:
        self._set_notice("")
        failed = [one.message for one in self.items if one.state == pod_items.FAILED]
        if failed:
            self._fail(failed[:MAX_MESSAGES])
        else:
            self._progress.state = "drained"
            self._job.change()

    async def _end_sending(self) -> None:
        """What is under way ends by itself, with its result in the audit trail."""
        await asyncio.gather(*self._sending.values(), return_exceptions=True)


def format_duration(seconds: int) -> str:
    """As Go writes it: `1m30s`."""
    hours, rest = divmod(seconds, 3600)
    minutes, left = divmod(rest, 60)
    return "".join([f"{hours}h" if hours else "", f"{minutes}m" if hours or minutes else "", f"{left}s"])


def _describe_failure(item: OperationItem, error: object) -> str:
    """In kubectl's words."""
    return f'error when evicting pods/"{item.name}" -n "{item.namespace}": {error}'
