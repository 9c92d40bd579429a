// Deliberate breakages of the product, one line each: the proof that the simulation can fail. Each names the promise that is
// lost; a simulation that stays green over any of them is blind there.

/** One line of a source, or one value of the packaged template. */
export type Change =
  | { file: string; line: string; instead: string }
  | { template: readonly string[]; was: string; instead: string };

export interface Sabotage {
  name: string;
  breaks: string;
  /** More than one only where two guards stand behind each other. */
  changes: readonly Change[];
  /** The one that leads there: tried first. */
  story: string;
}

const state = (name: string, ...path: string[]): string[] => ['Resources', 'ReleaseStateMachine', 'Properties', 'Definition', 'States', name, ...path];

export const SABOTAGES: readonly Sabotage[] = [
  // ---- the doorbell ---------------------------------------------------------------------------------------------------------------
  {
    name: 'no-bell-check',
    story: 'the bell rings as it falls asleep',
    breaks: 'The token is stored even if the bell has rung since the look, so a ring between looking and sleeping is slept through.',
    changes: [{ file: 'adapters/records/releases.ts', line: 'ConditionExpression: `bell = :seen AND', instead: 'ConditionExpression: `bell >= :seen AND' }],
  },
  {
    name: 'bell-not-rung',
    story: 'alarm at 25 %',
    breaks: 'A ring is counted and nobody is woken by it.',
    changes: [{ file: 'adapters/doorbell.ts', line: 'if (rung?.token) await executions.wake(rung.token);', instead: '' }],
  },
  {
    name: 'rung-park-not-answered',
    story: 'the bell rings as it falls asleep',
    breaks: 'Who finds at parking that the bell has rung does not answer its own token, and sleeps until the time-out.',
    changes: [{ file: 'functions/park/park.ts', line: 'await executions.wake(token);', instead: '' }],
  },
  // ---- the truth about the outcome --------------------------------------------------------------------------------------------------
  {
    name: 'success-from-stability',
    story: 'alarm at 25 %',
    breaks: 'A service that is stable again after a rollback counts as a success.',
    changes: [{ file: 'core/assess/assess.ts', line: 'return ended(input, rollbackOutcome(input, deployment));', instead: "return ended(input, { outcome: 'succeeded', reason: 'the service is stable' });" }],
  },
  {
    name: 'foreign-taken-for-ours',
    story: "somebody else's deployment at once",
    breaks: 'The newest deployment of the service is followed, whoever started it.',
    changes: [{ file: 'adapters/observe.ts', line: 'revisionId === undefined ? undefined : listed.find((deployment) => revisionIdOf(deployment.targetRevisionArn) === revisionId);', instead: 'revisionId === undefined ? undefined : listed[0];' }],
  },
  {
    name: 'rollback-not-followed',
    story: 'alarm at 25 %',
    breaks: 'The stage ends when the rollback begins, not when it has ended.',
    changes: [{ file: 'core/assess/assess.ts', line: "if (already) return waiting(input, { kind: 'rollback' }, input.nowMs + RESYNC_MOVING_MS, already.reason);", instead: 'if (already) return ended(input, already);' }],
  },
  {
    name: 'end-not-announced',
    story: 'rolling',
    breaks: 'The end of the release is recorded, and told as one more end of a stage.',
    changes: [{ file: 'functions/finish/finish.ts', line: "'releaseEnded', text, outcome)", instead: "'stageEnded', text, outcome)" }],
  },
  {
    name: 'end-skipped',
    story: 'rolling',
    breaks: 'After its last stage a release is left open: nothing ends it and nobody hears of it.',
    changes: [{ template: state('Does it go on?', 'Default'), was: 'End the release', instead: 'Done' }],
  },
  // ---- one writer -------------------------------------------------------------------------------------------------------------------
  {
    name: 'lease-not-fenced',
    story: 'three wait in a row',
    breaks: 'The lease is taken whoever holds it.',
    changes: [{ file: 'adapters/records/leases.ts', line: "ConditionExpression: 'attribute_not_exists(pk) OR releaseId = :me OR releaseId = :instead',", instead: "ConditionExpression: 'attribute_not_exists(pk) OR releaseId = :me OR releaseId = :instead OR attribute_exists(pk)'," }],
  },
  {
    name: 'lease-leaked',
    story: 'rolling',
    breaks: 'The lease is not given back at the end of a stage.',
    changes: [{ file: 'functions/finish-stage/finish-stage.ts', line: 'await leases.release(stage.serviceArn, release.id);', instead: '' }],
  },
  {
    name: 'the-dead-queue-up',
    story: 'aborted while a call that queues it is on its way',
    breaks: 'A place in the queue that was asked for by somebody who has died since is kept for a release that has ended.',
    changes: [{ file: 'adapters/records/transact.ts', line: "ConditionExpression: 'attribute_exists(pk) AND #record.#status <> :ended',", instead: "ConditionExpression: 'attribute_exists(pk) OR #record.#status <> :ended'," }],
  },
  {
    name: 'start-not-looked-for',
    story: 'killed having started',
    breaks: 'A retry of the start does not look for the deployment that an earlier try may have started.',
    changes: [{ file: 'functions/start/start.ts', line: 'const known = await startedBefore(services, listed, stage);', instead: 'const known = undefined as Awaited<ReturnType<typeof startedBefore>>;' }],
  },
  {
    name: 'not-written-before-the-call',
    story: 'killed as it calls UpdateService',
    breaks: 'The record says only after UpdateService that it was called, so a retry cannot know.',
    changes: [{ file: 'functions/start/start.ts', line: 'await claim();', instead: '' }],
  },
  {
    name: 'older-over-newer',
    story: 'three wait in a row',
    breaks: 'Of two releases that wait for a service the older one stays.',
    changes: [{ file: 'adapters/records/leases.ts', line: 'if (there && isNewer(there, claim)) return', instead: 'if (there && isNewer(claim, there)) return' }],
  },
  // ---- people -----------------------------------------------------------------------------------------------------------------------
  {
    name: 'approval-not-deduplicated',
    story: 'one of two approves twice',
    breaks: 'A double click counts as two of the approvals that a quorum needs.',
    changes: [
      { file: 'adapters/records/releases.ts', line: "${decision.kind === 'abort' ? '' : `${decision.person}#${decision.kind}`}`;", instead: "${decision.kind === 'abort' ? '' : `${decision.person}#${decision.kind}#${decision.atMs}`}`;" },
      { file: 'core/approval/tally.ts', line: "const given = [...new Set(mine.filter((decision) => decision.kind === 'approve').map((decision) => decision.person))].filter(counts);", instead: "const given = mine.filter((decision) => decision.kind === 'approve').map((decision) => decision.person).filter(counts);" },
    ],
  },
  {
    name: 'quorum-ignored',
    story: 'one of two approves',
    breaks: 'One approval is enough, whatever the rule needs.',
    changes: [{ file: 'core/approval/tally.ts', line: 'if (given.length >= rule.need && stillLacking.length === 0)', instead: 'if (given.length >= 1 && stillLacking.length === 0)' }],
  },
  {
    name: 'anybody-is-anybody',
    story: 'a stranger approves',
    breaks: 'Whoever may call the control API passes for every person of the specification.',
    changes: [{ file: 'core/control/rule-decision.ts', line: 'person.aws.some((pattern) => matchesGlob(pattern, caller))))', instead: 'true))' }],
  },
  {
    name: 'author-approves',
    story: 'the author approves',
    breaks: 'Who asked for a release approves it, although the rule says somebody else must.',
    changes: [
      { file: 'core/control/rule-decision.ts', line: "if (wanted.kind === 'approve' && asked.ask.rule.notByAuthor && release.author !== undefined && [person, ...persons].includes(release.author)) {", instead: 'if (person === undefined) {' },
      { file: 'core/approval/tally.ts', line: 'const counts = (person: string) => !(rule.notByAuthor && author !== undefined && person === author);', instead: 'const counts = (person: string) => !(author !== undefined && person === "");' },
    ],
  },
  {
    name: 'deadline-ignored',
    story: 'nobody answers',
    breaks: 'A question stays open after its time is over.',
    changes: [{ file: 'core/approval/tally.ts', line: 'if (nowMs < ask.deadlineMs) return', instead: 'if (nowMs > 0) return' }],
  },
  {
    name: 'stopped-goes-on',
    story: 'aborted as it goes on',
    breaks: 'A release that was aborted or rejected since the verdict gains weight all the same.',
    changes: [{ file: 'adapters/records/releases.ts', line: "ConditionExpression: '#record.#status = :running AND attribute_not_exists(stopRequested)',", instead: "ConditionExpression: '#record.#status = :running'," }],
  },
  {
    name: 'old-verdict-acted-on',
    story: 'its task falls ill while its way on is held up',
    breaks: 'A verdict is acted on however long ago it was made.',
    changes: [{ file: 'functions/advance/advance.ts', line: "return clock.nowMs() - judgedAtMs > VERDICT_FRESH_MS ? 'the verdict has grown old' : undefined;", instead: 'return judgedAtMs === VERDICT_FRESH_MS ? "never" : undefined;' }],
  },
  {
    name: 'superseded-goes-on',
    story: 'overtaken just as its turn comes',
    breaks: 'A release whose place in the queue a newer one has taken waits on, and has its turn.',
    changes: [
      { file: 'functions/take-service/take-service.ts', line: "if (stage.status === 'pending' && release.challengedBy !== undefined) return superseded(release.challengedBy);", instead: '' },
    ],
  },
  // ---- when to go on ----------------------------------------------------------------------------------------------------------------
  {
    name: 'bake-from-the-wrong-moment',
    story: 'good canary',
    breaks: 'The bake counts from the start of the stage, not from the moment the weight was reached.',
    changes: [{ file: 'core/assess/rung.ts', line: 'const untilMs = input.reachedAtMs + input.rung.bake.forMs;', instead: 'const untilMs = (input.stage.startedAtMs ?? 0) + input.rung.bake.forMs;' }],
  },
  {
    name: 'alarm-ignored-at-the-last-rung',
    story: 'alarm at 100 % long before ECS looks',
    breaks: 'At 100 % nobody looks at the alarms any more.',
    changes: [{ file: 'core/assess/assess.ts', line: 'const stop = stopCause({ ...input, alarms: input.observation.alarms });', instead: 'const stop = stopCause({ ...input, alarms: deployment.weightPercent >= 100 ? [] : input.observation.alarms });' }],
  },
  {
    name: 'requests-not-counted',
    story: 'few requests',
    breaks: 'A weight is left before it has served the requests that the plan wants.',
    changes: [{ file: 'core/assess/rung.ts', line: 'if (have >= need) return undefined;', instead: 'if (have >= 0) return undefined;' }],
  },
  {
    name: 'silence-continues',
    story: 'every Lambda is dead at a pause',
    breaks: 'A pause that nobody answers goes on by itself: a dead orchestrator is no longer a safe one.',
    changes: [{ file: 'core/plan/deployment-configuration.ts', line: "action: 'ROLLBACK' },", instead: "action: 'CONTINUE' }," }],
  },
  {
    name: 'only-pauses-rolled-back',
    story: 'aborted while it moves',
    breaks: 'A deployment that moves is not stopped; its rollback waits for the next pause.',
    changes: [{ file: 'functions/roll-back/roll-back.ts', line: "const asked = paused === 'done' ? 'pause' : (await services.stopWithRollback(arn)) === 'done' ? 'stop' : 'gone';", instead: "const asked = paused === 'done' ? 'pause' : ('gone' as 'stop' | 'gone');" }],
  },
  // ---- what is left behind --------------------------------------------------------------------------------------------------------
  {
    name: 'rescue-missing',
    story: 'its execution is stopped',
    breaks: 'An execution that ended early is noted, and none takes its place.',
    changes: [{ file: 'functions/rescue/rescue.ts', line: 'await begin(name);', instead: '' }],
  },
  {
    name: 'digest-not-pinned',
    story: 'rolling',
    breaks: 'What is deployed is named by its tag, which tomorrow may be another image.',
    changes: [{ file: 'core/image/task-definition.ts', line: '`${image.registry}/${image.repository}@${image.digest}`;', instead: '`${image.registry}/${image.repository}:${(image as { tag?: string }).tag ?? "latest"}`;' }],
  },
  {
    name: 'key-without-the-step',
    story: 'good canary',
    breaks: 'The entry about an advance is keyed without its pause, so only the first advance of a stage is ever told.',
    changes: [{ file: 'functions/advance/advance.ts', line: "`advance.${event.hookIds.join('+')}${key}`", instead: "'advance'" }],
  },
  {
    name: 'configuration-not-put-back',
    story: 'good canary',
    breaks: 'Strategy and pauses of a release stay in the service.',
    changes: [{ file: 'functions/finish-stage/finish-stage.ts', line: 'await services.configure(service, configuration);', instead: '' }],
  },
  {
    name: 'hold-not-honoured',
    story: 'the held image again',
    breaks: 'An image that was rolled back or rejected is rolled out there again.',
    changes: [{ file: 'functions/preflight/preflight.ts', line: 'if (hold) {', instead: 'if (hold && nowMs === 0) {' }],
  },
  {
    name: 'watch-leaked',
    story: 'rolling',
    breaks: 'Releases that have ended are rung for ever after.',
    changes: [{ file: 'functions/finish-stage/finish-stage.ts', line: 'await watches.remove(release.id, [stage.serviceArn, ...spec.alarms.map((alarm) => alarmArnOf(place, alarm))]);', instead: '' }],
  },
  {
    name: 'token-kept',
    story: 'good canary',
    breaks: 'A release that has ended keeps the token that it was woken by.',
    changes: [
      { file: 'adapters/records/releases.ts', line: "also: ', expiresAtSeconds = :expires REMOVE #token',", instead: "also: ', expiresAtSeconds = :expires'," },
      { file: 'adapters/records/releases.ts', line: "names: { '#token': 'token' },", instead: '' },
    ],
  },
];
