import { Resource } from '../api/resource.svelte.ts';
import { settingsApi } from './settings-api.ts';

/** Who one is, and what one may: every page of settings asks. */
export const me = new Resource((signal) => settingsApi.me(signal));
