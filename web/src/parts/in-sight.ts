import { type RefObject, useEffect, useRef, useState } from 'react'

/** How far outside of the window something counts as in sight already. */
const margin = '400px'

/** Whether an element is in sight, or nearly so: what is not need neither be read nor drawn. */
export function useInSight<T extends Element>(): [RefObject<T | null>, boolean] {
  const place = useRef<T>(null)
  const [isInSight, setInSight] = useState(false)
  useEffect(() => {
    const element = place.current
    if (element === null) return
    const observer = new IntersectionObserver(
      (entries) => setInSight(entries.some((entry) => entry.isIntersecting)),
      { rootMargin: margin },
    )
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  return [place, isInSight]
}
