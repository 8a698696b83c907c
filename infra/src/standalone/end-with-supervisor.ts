/**
 * Loaded before a program that knows nothing of its supervisor (`node --import`): ends it when the supervisor
 * has gone, however that happened. The channel itself does not keep the program running.
 */
process.on('disconnect', () => process.exit(1));
process.channel?.unref();
