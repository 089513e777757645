/** One page at a time: two that write the same sessions would spoil them. */

/** Done once nobody else holds the name; then it is held until this worker ends. */
export async function alone(name: string, onWaiting: () => void): Promise<void> {
  const taken = (options: LockOptions) =>
    new Promise<boolean>((told) => {
      void navigator.locks.request(name, options, (lock) => {
        told(lock !== null);
        return lock === null ? undefined : new Promise(() => {});
      });
    });
  if (await taken({ ifAvailable: true })) return;
  onWaiting();
  await taken({});
}
