import type { ChangeEvent, Ref } from 'react';
import { useFromServer } from './from-server.ts';

type Control = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;
type Controlled<One extends Control> = {
  value?: unknown;
  checked?: boolean | undefined;
  onChange?: ((event: ChangeEvent<One, Element>) => void) | undefined;
  ref?: Ref<One> | undefined;
};

/**
 * Hears what a person typed, ticked or chose while the page's script was still on its way: the browser has it, and the next render would take it away, or leave it on the screen
 * and out of what is sent.
 * @returns the ref of the control, which is the one in `props` too
 */
export function useTakenEarly<One extends Control>({ value, checked, onChange, ref }: Controlled<One>): Ref<One> {
  const fromServer = useFromServer();
  return (control) => {
    const left = typeof ref === 'function' ? ref(control) : undefined;
    if (ref && typeof ref === 'object') ref.current = control;
    if (fromServer && control && isTaken(control, { value, checked }))
      onChange?.({ target: control, currentTarget: control } as unknown as ChangeEvent<One, Element>);
    return typeof left === 'function' ? left : undefined;
  };
}

/** Whether it says otherwise than the server wrote it. What it could never have said, such as an option that is not there, is nobody's choice. */
function isTaken(control: Control, { value, checked }: Pick<Controlled<Control>, 'value' | 'checked'>): boolean {
  if (control instanceof HTMLSelectElement) {
    const options = [...control.options];
    return options.some(({ defaultSelected }) => defaultSelected) && options.some((one) => one.defaultSelected !== one.selected);
  }
  // Of radio buttons, the one that was chosen says so.
  if (control instanceof HTMLInputElement && typeof checked === 'boolean')
    return control.checked !== checked && (control.type === 'checkbox' || control.checked);
  return typeof value === 'string' && control.value !== value;
}
