// What must hold of every word that is recorded.
//   people         a word is recorded once, of somebody who was asked, about the question that stood on the button, and not after the end
import type { ApprovalRule } from '../../../core/pipeline/model.ts';
import type { Ledger, SpokenDecision } from './ledger.ts';

export class People {
  private readonly ledger: Ledger;

  constructor(ledger: Ledger) {
    this.ledger = ledger;
    ledger.spoken = (decision, meant) => this.check(decision, meant);
  }

  private check(said: SpokenDecision, meant: string | undefined): void {
    const { ledger } = this;
    const { person, kind, releaseId, askKey, stageIndex } = said;
    const about = `${askKey ?? 'all'} of ${releaseId}`;
    if (meant !== undefined && meant !== askKey) ledger.violated('people', `${person} was asked ${meant} of ${releaseId} and has answered ${askKey ?? 'nothing'}`);
    const before = ledger.decisions.some((one) => one.releaseId === releaseId && one.kind === kind && one.person === person && one.askKey === askKey && one.stageIndex === stageIndex);
    if (before && kind !== 'abort') ledger.violated('people', `${person} has said ${kind} to ${about} twice, and both are recorded`);
    if (ledger.announced.some((one) => one.releaseId === releaseId && one.kind === 'releaseEnded')) ledger.violated('people', `${person} decides on ${releaseId} after its end was announced`);
    if (kind === 'override' && !ledger.overriders.includes(person)) ledger.violated('people', `${person} overrides a freeze and may not`);
    const rule = this.ruleOf(said);
    if (!rule || rule.from.length === 0) return;
    if (![...rule.from, ...(rule.escalate?.to ?? [])].includes(person)) ledger.violated('people', `${person} says ${kind} to ${about} and was not asked`);
    if (kind === 'approve' && rule.notByAuthor && ledger.wishes.get(releaseId)?.author === person) ledger.violated('people', `${person} approves ${about}, which is of ${person}'s own making`);
  }

  /** Of the questions that the plan puts: before a stage, and at a weight. */
  private ruleOf({ kind, askKey, stageIndex }: SpokenDecision): ApprovalRule | undefined {
    if (kind !== 'approve' && kind !== 'reject') return undefined;
    const stage = this.ledger.stages[stageIndex];
    const [noun, number] = (askKey ?? '').split('.');
    if (noun === 'before') return stage?.before[Number(number)]?.approval;
    if (noun !== 'weight' || !stage) return undefined;
    const weight = Number(askKey?.slice('weight.'.length));
    if (stage.strategy.kind === 'canary') return stage.strategy.steps.find((step) => step.weightPercent === weight)?.approval;
    return stage.strategy.kind === 'blueGreen' ? stage.strategy.approval : undefined;
  }
}
