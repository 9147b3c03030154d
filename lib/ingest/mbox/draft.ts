/** A first plan for mail: what waits for an answer, what is worth a look, and the rest. */
import { byTime, type DraftedPlan, type DraftInput } from '#lib/core/plans/draft-plan.ts';
import type { WhereCondition } from '#lib/core/values/conditions.ts';
import { MAIL_LABELS } from './fields.ts';

const MAIL_NEEDS = ['from', 'to', 'date', 'subject', 'messageId', 'listId', 'text'];

/** How the addresses of programs begin. */
const AUTOMATED =
  'no-reply, noreply, donotreply, do-not-reply, notif, alert, bounce, mailer-daemon, postmaster, root@, cron, rss, bugzilla, jenkins';
const NEWSLETTER = 'newsletter, news@, news., offer, promo, marketing, deals, subscription';
const OFFER_SUBJECT =
  'special offer, limited time, act now, free trial, free gift, for free, save up to, save big, money, cash, extra income, guaranteed, mortgage, lowest, discount, % off, lottery, winner, viagra, adv:, !!';
const DIGEST_SUBJECT = 'digest, newsletter, headlines, daily, weekly, monthly';
const BULK_TEXT =
  'unsubscribe, opt out, opt-out, remove me, be removed, remove your, no longer wish, mailing list, click here, click below';
const OFFER_TEXT =
  'money back, money-back, free of charge, toll free, toll-free, order now, credit card, special offer, visit our, dear friend, dear sir, million dollars, casino, viagra, mortgage, us$';
/** What Gmail's own sorting says, in English and as exports of other languages keep it. */
const BULK_LABELS = 'spam, junk, category promotions, category social, category forums';
const STARRED_LABELS = 'starred';
const REPLY = 're:, aw:, sv:, antw:';
const ASKS =
  'can you, could you, would you, will you, let me know, what do you think, any idea, please send, please reply, please confirm, please check, please call';

/** The plan that a mailbox begins with; null where the fields are not mail's. Every rule is one that the rules table can show as a row. */
export function draftForMail(input: DraftInput): DraftedPlan | null {
  const names = new Set(input.fields.map(({ name }) => name));
  if (!MAIL_NEEDS.every((name) => names.has(name))) return null;
  // Mailboxes that say nothing of labels, and datasets of before there were any, get no rule that could catch nothing.
  const filled = (field: string) => (input.fields.find(({ name }) => name === field)?.filled ?? 0) > 0;
  // Mail's dates lie, and one from 1970 or 2038 would stretch the span: a mailbox is cut by month.
  const { chunking, why } = byTime({ name: 'date', label: MAIL_LABELS.date, type: 'date', filled: input.itemCount }, input);
  const rule = (where: WhereCondition, category: string, why: string, confidence: number) => ({
    ...{ where: [[where]], category, why, confidence },
  });
  return {
    plan: {
      version: 2,
      timeZone: input.timeZone,
      classifier: {
        kind: 'rules',
        rules: [
          ...(filled('labels')
            ? [
                rule(anyOf('labels', 'contains', STARRED_LABELS), 'task', 'you starred it', 0.9),
                rule(anyOf('labels', 'contains', BULK_LABELS), 'noise', 'Gmail sorted it away', 0.9),
              ]
            : []),
          rule({ field: 'listId', is: 'not_empty' }, 'noise', 'it came through a mailing list', 0.95),
          rule(anyOf('from', 'starts_with', AUTOMATED), 'fyi', 'its sender is a program', 0.9),
          rule(anyOf('from', 'contains', NEWSLETTER), 'noise', 'its sender sends newsletters or offers', 0.9),
          ...(filled('listUnsubscribe')
            ? [rule({ field: 'listUnsubscribe', is: 'not_empty' }, 'noise', 'it says how to unsubscribe', 0.9)]
            : []),
          rule(anyOf('subject', 'contains', OFFER_SUBJECT), 'noise', 'its subject reads like an offer', 0.8),
          rule(anyOf('subject', 'contains', DIGEST_SUBJECT), 'noise', 'its subject is that of a digest or a newsletter', 0.8),
          rule({ field: 'subject', is: 'starts_with', value: '[' }, 'noise', 'its subject begins with the name of a list', 0.8),
          rule(anyOf('text', 'contains', BULK_TEXT), 'noise', 'it says how to be taken off a list', 0.8),
          rule(anyOf('text', 'contains', OFFER_TEXT), 'noise', 'its text reads like an offer', 0.7),
          rule({ field: 'to', is: 'empty' }, 'noise', 'it names nobody as its recipient', 0.7),
          rule(anyOf('subject', 'starts_with', REPLY), 'task', 'somebody answers you in person', 0.8),
          rule(anyOf('text', 'contains', ASKS), 'task', 'it asks for something', 0.6),
        ],
        otherwise: 'fyi',
      },
      categories: [
        {
          name: 'task',
          action: { connector: 'task', do: 'create', with: { title: 'Answer {{from}}: {{subject}}', thenShelf: 'archive' } },
        },
        { name: 'fyi' },
        { name: 'noise', action: { connector: 'shelf', do: 'archive' } },
      ],
      chunking,
      independence: { resource: ['messageId'] },
      receiptLine: '{{verb}}: {{date}} | {{from}} | {{subject}}',
      receiptFields: ['date', 'from', 'subject'],
    },
    reasons: {
      categories:
        'Mail that waits for you becomes a task and is then archived, mail worth a look stays where it is, and the rest is archived. All of it can be undone.',
      rules:
        'Lists, newsletters and offers are noise, programs are for your information, and people who answer or ask you are tasks. What no rule knows stays where it is.',
      proposals: [],
      chunking: why,
      independence: 'Two mails with one Message-ID are the same mail twice: they are kept together.',
      receiptLine: 'Date, sender and subject tell you which mail it was; nothing else of a mail enters a receipt.',
    },
  };
}

/** One of these words, separated by commas, in any case. */
function anyOf(field: string, is: 'contains' | 'starts_with', words: string): WhereCondition {
  return { field, is, values: words.split(', ') };
}
