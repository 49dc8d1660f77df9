// Who uses this page, and what may be done.
import { Store, useStore } from './store';

export type Role = 'SOURCE' | 'VIEWER' | 'TRADER' | 'ADMIN';

const ORDER: readonly Role[] = ['SOURCE', 'VIEWER', 'TRADER', 'ADMIN'];

export interface Viewer {
  readonly name: string;
  readonly role: Role;
  readonly isAnonymous: boolean;
}

export const viewer = new Store<Viewer>({ name: '', role: 'VIEWER', isAnonymous: true });

/** Whether the viewer's role is at least this one; without a token nobody may do more than read. */
export function useMay(least: Role): boolean {
  const { role, isAnonymous } = useStore(viewer);
  return ORDER.indexOf(role) >= ORDER.indexOf(least) && !(isAnonymous && least !== 'VIEWER');
}
