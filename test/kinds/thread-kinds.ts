/** The one line of each how-to, in a thread: it loads the lists by itself. */
import { CLASSIFIERS } from '#lib/classifiers/kinds.ts';
import type { ClassifierKind } from '#lib/classifiers/port.ts';
import { CONNECTORS } from '#lib/connectors/kinds.ts';
import type { Connector } from '#lib/connectors/port.ts';
import { lookup } from './lookup/classifier.ts';
import { makeSpool } from './spool/connector.ts';

(CLASSIFIERS as ClassifierKind[]).push(lookup);
(CONNECTORS as Connector[]).push(makeSpool({ folder: () => '' }));
