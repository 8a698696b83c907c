import { expect, it } from 'vitest';
import { roleOfProfile } from './role-of-profile.ts';

const roles = new Map([
  ['all', 'viewer'],
  ['ops', 'operator'],
  ['42', 'admin'],
] as const);

it.each([
  ['one group', { groups: 'ops' }, undefined, 'operator'],
  ['the strongest of several', { groups: ['ops', 'all'] }, undefined, 'operator'],
  ['a number', { groups: [42] }, undefined, 'admin'],
  ['a group of another name', { groups: ['admin', 'OPS'] }, 'viewer', 'viewer'],
  ['no groups', {}, 'viewer', 'viewer'],
  ['something else', { groups: { ops: true } }, 'viewer', 'viewer'],
] as const)('%s', (_name, profile, defaultRole, role) => {
  expect(roleOfProfile(profile, { roleClaim: 'groups', roles, defaultRole })).toEqual({ role });
});

it('nobody gets in by a claim that gives them nothing, and without one nothing is said', () => {
  expect(() => roleOfProfile({ groups: ['x'] }, { roleClaim: 'groups', roles, defaultRole: undefined })).toThrow('no group');
  expect(roleOfProfile({ groups: ['ops'] }, { roleClaim: undefined, roles: new Map(), defaultRole: undefined })).toEqual({});
});
