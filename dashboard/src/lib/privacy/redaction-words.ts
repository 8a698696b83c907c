import type { Detector, RedactionSettings } from '@fleetbeat/contracts/redaction.ts';

/** What each detector finds, and how such a thing looks. */
export const DETECTOR_WORDS: Readonly<Record<Detector, { readonly label: string; readonly example: string }>> = {
  email: { label: 'E-mail addresses', example: 'jane@example.com' },
  phone: { label: 'Phone numbers', example: '+49 30 1234567, (415) 555-2671' },
  card: { label: 'Payment cards', example: '4111 1111 1111 1111, check digit right' },
  iban: { label: 'Bank accounts (IBAN)', example: 'DE89 3704 0044 0532 0130 00' },
  ip: { label: 'IP addresses', example: '203.0.113.9, 2001:db8::1' },
  ssn: { label: 'US social security numbers', example: '536-90-4399' },
  secret: { label: 'Keys, tokens, passwords', example: 'sk-…, AKIA…, password: …' },
};
export const DETECTORS_IN_ORDER = Object.keys(DETECTOR_WORDS) as readonly Detector[];

export const REPLACEMENT_WORDS: Readonly<Record<RedactionSettings['replace'], string>> = {
  label: 'What it was: [email]',
  hash: 'What it was, with a hash: [email:kqzvtmwbhrle]',
  remove: 'Nothing',
};

/** An event to try settings on, with something of everything. */
export const SAMPLE_EVENT = {
  agent_id: 'support-agent',
  message_type: 'user_message',
  user_id: 'user-4711',
  content: 'I am jane@example.com, card 4111 1111 1111 1111. Call me: +49 30 1234567.',
  metadata: { client_ip: '203.0.113.9', api_key: 'sk-live-1f2e3d4c5b6a7980aabb' },
};
