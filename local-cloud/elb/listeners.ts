// Operations on listeners. A listener's default actions live in its default rule, which is a rule like any other.
import type {
  Action, CreateListenerInput, CreateListenerOutput, DeleteListenerInput, DeleteListenerOutput, DescribeListenersInput, DescribeListenersOutput,
  Listener, ModifyListenerInput, ModifyListenerOutput,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { NotModelled, refuseUnknown } from '../kernel/errors.ts';
import { arnOf, type Kernel } from '../kernel/kernel.ts';
import { hexId } from '../kernel/random.ts';
import type { Answer } from '../kernel/service.ts';
import type { DataPlane, ListenerSettings } from './data-plane.ts';
import { creating, describing, operation } from './operation.ts';
import { completeActions } from './rule-input.ts';
import { type ListenerRecord, type Records, loadBalancerDimension, page, refuse } from './records.ts';

interface Surroundings {
  kernel: Kernel;
  records: Records;
  dataPlane: DataPlane;
  /** Refuses actions whose target groups are unknown or belong to another load balancer. */
  checkGroups: (actions: Action[], loadBalancerArn: string) => void;
  /** To be called after anything that changes which target groups are in use. */
  usageChanged: () => void;
}

export function listenerSettings(records: Records, listener: ListenerRecord): ListenerSettings {
  const loadBalancer = records.loadBalancer(listener.loadBalancerArn);
  return {
    listenerArn: listener.arn,
    loadBalancerName: loadBalancer.name,
    loadBalancerDimension: loadBalancerDimension(loadBalancer.arn),
    dnsName: loadBalancer.shape.DNSName,
    protocol: listener.protocol,
    port: listener.port,
  };
}

export async function deleteListener({ records, dataPlane, usageChanged }: Omit<Surroundings, 'kernel' | 'checkGroups'>, arn: string): Promise<void> {
  for (const rule of records.rulesOf(arn)) {
    records.rules.delete(rule.arn);
    records.tags.delete(rule.arn);
  }
  records.listeners.delete(arn);
  records.tags.delete(arn);
  usageChanged();
  await dataPlane.closeListener(arn);
}

export function listenerOperations(surroundings: Surroundings) {
  const { kernel, records, dataPlane, checkGroups, usageChanged } = surroundings;
  const shapeOf = (listener: ListenerRecord): Listener => ({
    ListenerArn: listener.arn,
    LoadBalancerArn: listener.loadBalancerArn,
    Port: listener.port,
    Protocol: listener.protocol as 'HTTP',
    DefaultActions: records.defaultRule(listener.arn).actions,
  });

  return {
    CreateListener: operation<CreateListenerInput, Answer<CreateListenerOutput>>(
      (input) =>
        creating('CreateListener', input.LoadBalancerArn ?? '*', (input.LoadBalancerArn ?? '*').replace(':loadbalancer/', ':listener/') + '/*', input.Tags, {
          'elasticloadbalancing:ListenerProtocol': input.Protocol ?? '',
        }),
      async (input) => {
        refuseUnknown('CreateListener', input, ['LoadBalancerArn', 'Protocol', 'Port', 'DefaultActions', 'Tags']);
        const loadBalancer = records.loadBalancer(input.LoadBalancerArn);
        const { protocol, port } = checkProtocolAndPort(input.Protocol, input.Port);
        checkPortFree(records, loadBalancer.arn, port);
        const actions = completeActions(input.DefaultActions);
        checkGroups(actions, loadBalancer.arn);
        const path = `${loadBalancerDimension(loadBalancer.arn)}/${hexId(kernel.random, 16)}`;
        const listener: ListenerRecord = { arn: arnOf(kernel, 'elasticloadbalancing', `listener/${path}`), loadBalancerArn: loadBalancer.arn, port, protocol };
        const ruleArn = arnOf(kernel, 'elasticloadbalancing', `listener-rule/${path}/${hexId(kernel.random, 16)}`);
        records.listeners.set(listener.arn, listener);
        records.rules.set(ruleArn, { arn: ruleArn, listenerArn: listener.arn, priority: undefined, conditions: [], actions });
        records.tag(listener.arn, input.Tags);
        try {
          await dataPlane.openListener(listenerSettings(records, listener));
        } catch (error) {
          await deleteListener(surroundings, listener.arn);
          throw error;
        }
        usageChanged();
        return { Listeners: [shapeOf(listener)] };
      },
    ),

    DescribeListeners: operation<DescribeListenersInput, Answer<DescribeListenersOutput>>(describing('DescribeListeners'), (input) => {
      if (!input.LoadBalancerArn && !input.ListenerArns) refuse('ValidationError', 'You must specify either listener ARNs or a load balancer ARN');
      if (input.LoadBalancerArn) records.loadBalancer(input.LoadBalancerArn);
      const chosen = input.ListenerArns
        ? input.ListenerArns.map((arn) => records.listener(arn))
        : [...records.listeners.values()].filter((listener) => listener.loadBalancerArn === input.LoadBalancerArn);
      const { items, nextMarker } = page(chosen, input);
      return { Listeners: items.map(shapeOf), NextMarker: nextMarker };
    }),

    ModifyListener: operation<ModifyListenerInput, Answer<ModifyListenerOutput>>(
      (input) => [{ action: 'elasticloadbalancing:ModifyListener', resource: input.ListenerArn ?? '*' }],
      async (input) => {
        refuseUnknown('ModifyListener', input, ['ListenerArn', 'Protocol', 'Port', 'DefaultActions']);
        const listener = records.listener(input.ListenerArn);
        const { protocol, port } = checkProtocolAndPort(input.Protocol ?? listener.protocol, input.Port ?? listener.port);
        const moves = port !== listener.port;
        if (moves) checkPortFree(records, listener.loadBalancerArn, port);
        if (input.DefaultActions) {
          const actions = completeActions(input.DefaultActions);
          checkGroups(actions, listener.loadBalancerArn);
          records.defaultRule(listener.arn).actions = actions;
        }
        Object.assign(listener, { protocol, port });
        usageChanged();
        if (moves) {
          await dataPlane.closeListener(listener.arn);
          await dataPlane.openListener(listenerSettings(records, listener));
        }
        return { Listeners: [shapeOf(listener)] };
      },
    ),

    DeleteListener: operation<DeleteListenerInput, Answer<DeleteListenerOutput>>(
      (input) => [{ action: 'elasticloadbalancing:DeleteListener', resource: input.ListenerArn ?? '*' }],
      async (input) => {
        await deleteListener(surroundings, records.listener(input.ListenerArn).arn);
        return {};
      },
    ),
  };
}

function checkProtocolAndPort(protocol: string | undefined, port: number | undefined): { protocol: string; port: number } {
  if (protocol === undefined) return refuse('ValidationError', 'A listener protocol must be specified');
  if (protocol !== 'HTTP') throw new NotModelled(`listeners with the protocol ${protocol}`);
  if (port === undefined || !Number.isInteger(port) || port < 1 || port > 65535) return refuse('ValidationError', `The listener port '${port}' must be between 1 and 65535`);
  return { protocol, port };
}

function checkPortFree(records: Records, loadBalancerArn: string, port: number): void {
  for (const listener of records.listeners.values()) {
    if (listener.loadBalancerArn === loadBalancerArn && listener.port === port) {
      refuse('DuplicateListenerException', `A listener already exists on this port for this load balancer '${loadBalancerArn}'`);
    }
  }
}
