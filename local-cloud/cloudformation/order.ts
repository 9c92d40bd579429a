// In which order resources can be created: each after everything it refers to or names in DependsOn.
import { validationError } from './errors.ts';
import { referencesIn } from './intrinsics.ts';
import type { Template, TemplateResource } from './template.ts';

export const dependsOnOf = (resource: TemplateResource): string[] => (typeof resource.DependsOn === 'string' ? [resource.DependsOn] : (resource.DependsOn ?? []));

/** Direct dependencies of each resource, among the template's resources. Refuses references to what does not exist. */
export function dependencies(template: Template): Map<string, Set<string>> {
  const result = new Map<string, Set<string>>();
  const missing = new Set<string>();
  const known = (name: string) => Object.hasOwn(template.Resources, name);
  for (const [logicalId, resource] of Object.entries(template.Resources)) {
    const named = new Set<string>();
    for (const name of [...dependsOnOf(resource), ...referencesIn(resource.Properties ?? {})]) {
      if (known(name)) named.add(name);
      else if (!Object.hasOwn(template.Parameters, name) && !name.startsWith('AWS::')) missing.add(name);
    }
    result.set(logicalId, named);
  }
  for (const output of Object.values(template.Outputs)) {
    for (const name of referencesIn(output.Value)) {
      if (!known(name) && !Object.hasOwn(template.Parameters, name) && !name.startsWith('AWS::')) missing.add(name);
    }
  }
  if (missing.size > 0) {
    throw validationError(`Template format error: Unresolved resource dependencies [${[...missing].join(', ')}] in the Resources block of the template`);
  }
  return result;
}

/** Dependencies first; among equals in the order of the template. */
export function creationOrder(graph: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const ordered: string[] = [];
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (logicalId: string): void => {
    if (done.has(logicalId)) return;
    if (path.includes(logicalId)) {
      throw validationError(`Circular dependency between resources: [${path.slice(path.indexOf(logicalId)).join(', ')}]`);
    }
    path.push(logicalId);
    for (const dependency of graph.get(logicalId) ?? []) if (graph.has(dependency)) visit(dependency);
    path.pop();
    done.add(logicalId);
    ordered.push(logicalId);
  };
  for (const logicalId of graph.keys()) visit(logicalId);
  return ordered;
}
