/** Delivery modes of an interrupt command by bits 10 to 8 (SDM volume 3, 12.6.1); those that no processor accepts are not here. */
export const IPI_MODES = { fixed: 0, lowest_priority: 1, smi: 2, nmi: 4, init: 5, startup: 6 } as const;

export type IpiMode = keyof typeof IPI_MODES;

/** An interrupt that a vCPU accepted and did not take yet. */
export interface PendingIpi {
  readonly mode: IpiMode;
  readonly vector: number;
}
