// The end of a release, any end: what of the service's `deploymentConfiguration` is to be set so that the service stands as it was
// found. What somebody else has changed meanwhile is theirs: it is neither overwritten nor set back.
import type { deploymentConfigurationFor} from './deployment-configuration.ts';
import { putBackConfiguration, type DeploymentConfiguration, type LifecycleHook } from './deployment-configuration.ts';

export interface PutBack {
  /** Members to send; UpdateService keeps the others. */
  configuration: DeploymentConfiguration;
  /** Names of members that are neither as they were found nor as the release had set them. */
  changedByOthers: string[];
}

/** `set` is what the release had sent, `now` what ECS answers; with no word of `set` everything is put back. */
export function putBack(found: DeploymentConfiguration, set: ReturnType<typeof deploymentConfigurationFor>, now: DeploymentConfiguration): PutBack {
  const configuration: DeploymentConfiguration = {};
  const changedByOthers: string[] = [];
  for (const [member, before] of Object.entries(putBackConfiguration(found))) {
    const seen = now[member] ?? NONE[member];
    // A reader may be shown, for a while, what was there before the release had set anything.
    const untouched = [set[member], found[member]].some((known) => alike(seen, known ?? NONE[member]));
    if (untouched) configuration[member] = before;
    else changedByOthers.push(member);
  }
  if (changedByOthers.includes('lifecycleHooks')) {
    const left = withoutOurPauses(now.lifecycleHooks ?? [], found, set);
    // A pause that nobody answers is not to stay, whatever else was changed about the hooks.
    if (left.length < (now.lifecycleHooks ?? []).length) configuration.lifecycleHooks = left;
  }
  return { configuration, changedByOthers: changedByOthers.sort() };
}

/** What ECS takes for "none" where a member is not there. */
const NONE: DeploymentConfiguration = putBackConfiguration({});

function withoutOurPauses(hooks: LifecycleHook[], found: DeploymentConfiguration, set: DeploymentConfiguration): LifecycleHook[] {
  const before = found.lifecycleHooks ?? [];
  const ours = (set.lifecycleHooks ?? []).filter((hook) => hook.targetType === 'PAUSE' && !before.some((own) => alike(own, hook)));
  return hooks.filter((hook) => !ours.some((pause) => alike(hook, pause)));
}

/** The same as far as `known` goes: ECS may answer with more members than it was given. The order of a list says nothing here. */
function alike(seen: unknown, known: unknown): boolean {
  if (Array.isArray(seen) && Array.isArray(known)) return seen.length === known.length && known.every((one) => seen.some((other) => alike(other, one)));
  if (typeof seen === 'object' && seen !== null && typeof known === 'object' && known !== null) {
    return Object.entries(known).every(([member, value]) => value === undefined || alike((seen as Record<string, unknown>)[member], value));
  }
  return seen === known;
}
