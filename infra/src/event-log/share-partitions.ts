/** Who should read what in a group whose members hold partitions by lease. Pure; every member decides for itself. */

export interface GroupState {
  /** The member that decides. */
  readonly me: string;
  /** Live members and the topics they read; includes `me`. */
  readonly members: readonly { readonly member: string; readonly topics: readonly string[] }[];
  /** The partitions of each topic. */
  readonly partitions: ReadonlyMap<string, readonly number[]>;
  /** Who holds a partition now; absent where nobody does or the lease has run out. */
  readonly owners: ReadonlyMap<number, string>;
}

export interface Moves {
  readonly take: number[];
  readonly giveUp: number[];
}

/**
 * What `me` takes and gives up so that every topic ends up shared evenly, give or take one partition, with as
 * few moves as can be. Topics are shared out one by one, and the members' order turns from topic to topic, so
 * that the spare partitions do not all go to the same member.
 */
export function sharePartitions(state: GroupState): Moves {
  const take: number[] = [];
  const giveUp: number[] = [];
  const topics = [...state.partitions.keys()].sort();
  topics.forEach((topic, turn) => {
    const partitions = state.partitions.get(topic) ?? [];
    const readers = state.members
      .filter((member) => member.topics.includes(topic))
      .map((member) => member.member)
      .sort();
    const rank = readers.indexOf(state.me);
    if (rank < 0) return;
    const turned = (rank + turn) % readers.length;
    const quota = Math.floor(partitions.length / readers.length) + (turned < partitions.length % readers.length ? 1 : 0);
    const mine = partitions.filter((partition) => state.owners.get(partition) === state.me);
    const free = partitions.filter((partition) => !state.owners.has(partition));
    take.push(...free.slice(0, Math.max(0, quota - mine.length)));
    giveUp.push(...mine.slice(Math.max(0, quota)));
  });
  return { take, giveUp };
}
