// What a story is given: slipway.yml and the services, with everything left out that the story is not about.
import type { ServiceWish } from '../simulation/furnish.ts';
import { writtenPeople, type WrittenSpecification, type WrittenStage } from '../simulation/scenario.ts';

export interface Plan {
  strategy?: unknown;
  before?: unknown[];
  onAlarmAtStart?: 'refuse' | 'ignore' | 'proceed';
  missingData?: unknown;
  /** Stages watch no alarm, which makes quiet days cheap. */
  alarms?: false;
  newerRelease?: 'overtakesWaiting' | 'waits';
  foreignDeployments?: 'continue' | 'leave';
  /** Tells `#deploys`; needs a workspace. */
  notify?: true;
  /** A stage `staging` in front, rolling. */
  staging?: boolean;
}

export const ALARM = 'production-5xx';

/** Weights with ten minutes of bake each, or as given. */
export const canary = (steps: readonly (number | object)[], more: object = {}): unknown => ({
  canary: { steps: steps.map((step) => (typeof step === 'number' ? { weight: step, bake: '10m' } : step)), ...more },
});

export const approval = (more: object = {}): object => ({ from: ['alice', 'bob'], within: '4h', ...more });

export function writtenPlan(plan: Plan, service: Pick<ServiceWish, 'desiredCount' | 'deploymentConfiguration'>): { specification: WrittenSpecification; services: ServiceWish[] } {
  const stage = (name: string, cluster: string, more: Partial<WrittenStage>): WrittenStage => ({ name, service: { cluster, name: 'checkout', container: 'app' }, strategy: 'rolling', alarms: [`${name}-5xx`], ...more });
  const production = stage('production', 'prod', {
    strategy: plan.strategy ?? canary([5, 50]),
    ...(plan.alarms === false ? { alarms: [] } : {}),
    ...(plan.before === undefined ? {} : { before: plan.before }),
    ...(plan.onAlarmAtStart === undefined ? {} : { onAlarmAtStart: plan.onAlarmAtStart }),
    ...(plan.missingData === undefined ? {} : { missingData: plan.missingData }),
  });
  const stages = [...(plan.staging ? [stage('staging', 'staging', {})] : []), production];
  return {
    specification: {
      people: writtenPeople(),
      pipelines: {
        checkout: {
          image: { repository: REPOSITORY, tags: { semver: '>=1.0.0' } },
          ...(plan.notify ? { notify: { slack: '#deploys' } } : {}),
          ...(plan.newerRelease === undefined ? {} : { newerRelease: plan.newerRelease }),
          ...(plan.foreignDeployments === undefined ? {} : { foreignDeployments: plan.foreignDeployments }),
          stages,
        },
      },
    },
    services: stages.map(({ service: { cluster, name }, alarms = [] }) => ({ cluster, name, ...service, repository: REPOSITORY, firstTag: FIRST_TAG, alarms })),
  };
}

export const REPOSITORY = 'shop/checkout';
/** What every service runs before the story begins. */
export const FIRST_TAG = '1.0.0';
